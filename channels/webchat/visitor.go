package webchat

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"careline/bot"
	"careline/bot/pages"
)

// A visitor is whoever holds the cookie: 128 random bits. The database sees
// only its keyed hash and its encrypted form.
const (
	visitorCookie = "careline_visitor"
	askedCookie   = "careline_asked" // the consent step was answered, with whatever answer
	visitorBytes  = 16
	cookieAge     = 180 * 24 * 3600
)

func visitorToken(r *http.Request) (bot.Text, bool) {
	c, err := r.Cookie(visitorCookie)
	if err != nil {
		return bot.Text{}, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(raw) != visitorBytes {
		return bot.Text{}, false
	}
	return bot.T(c.Value), true
}

// whose is the conversation the browser may see: of the WeChat account that
// entered in it, else of its visitor's cookie.
func (s *Site) whose(r *http.Request, v *visit) (c bot.Conversation, known bool, err error) {
	missing := func(err error) bool { return err != nil && bot.KindOf(err) == bot.KindNotFound }
	if cookie, errCookie := r.Cookie(sessionCookie); errCookie == nil {
		c, err = s.Store.SessionConversation(r.Context(), v.Institution.ID, cookie.Value, v.now)
		if !missing(err) {
			v.session = cookie.Value
			return c, err == nil, err
		}
	}
	token, ok := visitorToken(r)
	if !ok {
		return bot.Conversation{}, false, nil
	}
	c, err = s.Store.FindAccount(r.Context(), v.Institution.ID, Name, token)
	if missing(err) {
		return bot.Conversation{}, false, nil
	}
	return c, err == nil, err
}

// elsewhere reports whether the conversation is held in another app: the page
// shows it, and takes no message.
func (v *visit) elsewhere() bool { return v.known && v.conversation.Channel != Name }

func newVisitor(w http.ResponseWriter, r *http.Request, path string) bot.Text {
	raw := make([]byte, visitorBytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	token := base64.RawURLEncoding.EncodeToString(raw)
	setCookie(w, r, path, visitorCookie, token)
	return bot.T(token)
}

func setCookie(w http.ResponseWriter, r *http.Request, path, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: cookieAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: pages.SecureRequest(r),
	})
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// reply is what the page's script reads.
type reply struct {
	Inbox bot.MessageID `json:"inbox,omitempty"`
	Error string        `json:"error,omitempty"`
}

func writeJSON(w http.ResponseWriter, status int, body reply) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
