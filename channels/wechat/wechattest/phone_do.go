package wechattest

import (
	"io"
	"net/http"
	"strings"
)

// do is what the person does, or what is done to the platform. What reaches the
// account is not waited for: the phone shows what comes of it.
func (f *phone) do(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, largestBody)
	if err := r.ParseMultipartForm(largestBody); err != nil && err != http.ErrNotMultipart {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	openid := f.holds(r)
	if who := f.change(r, openid); who != "" {
		http.SetCookie(w, &http.Cookie{Name: phoneCookie, Value: who, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	} else if act := f.action(r, openid); act != nil {
		f.background(act)
	} else if !f.tamper(r) {
		http.Error(w, "nobody knows how to do that", http.StatusBadRequest)
		return
	}
	if r.Header.Get("X-Phone") != "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// background does something nobody waits for, unless the platform is closing.
func (p *Platform) background(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() == nil {
		p.sending.Go(do)
	}
}

// change gives the phone to somebody else and returns who; "" for other actions.
func (f *phone) change(r *http.Request, openid string) string {
	switch r.FormValue("do") {
	case "play":
		if chosen := r.FormValue("who"); f.known(chosen) {
			openid = chosen
		}
	case "join":
		if name := strings.TrimSpace(r.FormValue("name")); name != "" {
			openid = f.Stranger(name)
		}
	default:
		return ""
	}
	f.Hold(openid)
	return openid
}

func (f *phone) known(openid string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.people[openid] != nil
}

// action is what a person does with the phone.
func (f *phone) action(r *http.Request, openid string) func() {
	text := strings.TrimSpace(r.FormValue("text"))
	switch r.FormValue("do") {
	case "say":
		return wordy(text, func() { f.Say(openid, text) })
	case "follow":
		return func() { f.Follow(openid, "") }
	case "unfollow":
		return func() { f.Unfollow(openid) }
	case "scan":
		return func() { f.Scan(openid, text) }
	case "click":
		return wordy(text, func() { f.Click(openid, text) })
	case "choice":
		return wordy(text, func() { f.TapChoice(openid, Choice{ID: r.FormValue("id"), Content: text}) })
	case "voice":
		return wordy(text, func() { f.SendVoice(openid, text) })
	case "video":
		return func() { f.SendVideo(openid, []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")) }
	case "location":
		return func() { f.SendLocation(openid, 31.2304, 121.4737, "示例市人民路1号") }
	case "file":
		return func() { f.SendUnknown(openid, "file") }
	case "photo":
		content := samplePhoto
		if upload, _, err := r.FormFile("picture"); err == nil {
			if own, err := io.ReadAll(upload); err == nil && len(own) > 0 {
				content = own
			}
		}
		return func() { f.SendImage(openid, content) }
	}
	return nil
}

// wordy is do, or nothing where there are no words.
func wordy(text string, do func()) func() {
	if text == "" {
		return func() {}
	}
	return do
}
