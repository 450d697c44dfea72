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
