package wechat

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"careline/bot"
	"careline/channels/weixin"
)

// The markers of these tests: none may stand in an error.
const (
	theSecret = "SECRET-2f6b0c"
	theToken  = "TOKEN-9a41"
	theOpenID = "oOPENID-77d3"
)

// platform is as much of the official account's API as these tests need, with one
// person's phone.
type platform struct {
	*httptest.Server
	mu      sync.Mutex
	bodies  map[string][]string // what was posted, by path
	shown   []sent
	open    bool // the person wrote in the last 48 hours
	left    int  // messages left of the window
	largest int
	answers map[string]string           // by path
	next    map[string]http.HandlerFunc // by path, once
}

// sent is a customer-service message as the platform reads it.
type sent struct {
	To   string `json:"touser"`
	Kind string `json:"msgtype"`
	Text struct{ Content string }
	Menu struct {
		Head string `json:"head_content"`
		List []struct{ ID, Content string }
	} `json:"msgmenu"`
	AI *struct {
		Is int `json:"is_ai_msg"`
	} `json:"aimsgcontext"`
}

func (s sent) text() string {
	if s.Kind == "msgmenu" {
		return s.Menu.Head
	}
	return s.Text.Content
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{bodies: map[string][]string{}, next: map[string]http.HandlerFunc{}, largest: messageBytes, answers: map[string]string{
		"/cgi-bin/stable_token": fmt.Sprintf(`{"access_token":%q,"expires_in":7200}`, theToken),
		"/cgi-bin/media/get":    `{"errcode":40007,"errmsg":"invalid media_id"}`,
	}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Server.Close)
	return p
}

func (p *platform) adapter(t *testing.T, change ...func(*Config)) *Adapter {
	t.Helper()
	client, err := weixin.Register(weixin.Account{Platform: weixin.OfficialAccount, ID: "wx0123456789abcdef", Secret: bot.T(theSecret), BaseURL: p.URL})
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Client: client}
	for _, f := range change {
		f(&c)
	}
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	path := r.URL.Path
	p.bodies[path] = append(p.bodies[path], string(raw))
	handle := p.next[path]
	delete(p.next, path)
	answer, set := p.answers[path]
	p.mu.Unlock()
	switch {
	case handle != nil:
		handle(w, r)
	case set:
		_, _ = io.WriteString(w, answer)
	case path == "/cgi-bin/message/custom/send":
		fmt.Fprintf(w, `{"errcode":%d,"errmsg":"%s"}`, p.take(raw), theOpenID)
	default:
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
	}
}

// take shows a message on the phone, or says why not.
func (p *platform) take(raw []byte) int {
	var m sent
	if json.Unmarshal(raw, &m) != nil {
		return 47001
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case m.To != theOpenID:
		return 40003
	case len(m.text()) > p.largest:
		return 45002
	case !p.open:
		return 45015
	case p.left == 0:
		return 45047
	}
	p.left--
	p.shown = append(p.shown, m)
	return 0
}

// writes lets the person write: the window opens anew.
func (p *platform) writes() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open, p.left = true, 5
}

func (p *platform) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = false
}

func (p *platform) set(path, answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[path] = answer
}

// once answers the next call of path with handle.
func (p *platform) once(path string, handle http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next[path] = handle
}

// breaks ends the connection of the next call of path, and of its repetition: Go
// repeats a GET by itself where the connection had been used before.
func (p *platform) breaks(path string) {
	p.once(path, func(http.ResponseWriter, *http.Request) {
		p.breaks(path)
		panic(http.ErrAbortHandler)
	})
}

func (p *platform) messages() []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sent{}, p.shown...)
}

func (p *platform) texts() (all []string) {
	for _, m := range p.messages() {
		all = append(all, m.text())
	}
	return all
}

func (p *platform) posted(path string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.bodies[path]...)
}
