package webchat

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"careline/bot"
	"careline/bot/pages"
	"careline/bot/store"
)

// An account of WeChat reads its pages in a browser that has shown its openid: a
// link alone opens nothing. Entering asks the platform every time, without the
// patient noticing, so that a phone on which somebody else uses WeChat now shows
// their pages and not those of the one before.
const (
	wechatChannel = "wechat"
	sessionCookie = "careline_account"
	enterCookie   = "careline_enter" // the state of the one entry under way, and where it leads
	enterAge      = 10 * 60
)

// Identity tells whose browser it is, by the platform's OAuth.
type Identity interface {
	// AuthorizeURL is the platform's page that sends a browser on to redirect with
	// a code and the state.
	AuthorizeURL(state, redirect string) string
	// OpenID exchanges a code, which works once. Its error holds neither.
	OpenID(ctx context.Context, code string) (bot.Text, error)
}

// FullLink is the address at which an account of WeChat reads the whole text
// behind a message.
func FullLink(publicURL string, out bot.Outbound) string {
	return fmt.Sprintf("%s/wechat/%s/enter?to=answers/%d/full", strings.TrimSuffix(publicURL, "/"), out.Institution, out.ID)
}

// enterByWeChat sends the browser to the platform with a state that only this
// browser can bring back.
func (s *Site) enterByWeChat(w http.ResponseWriter, r *http.Request, v *visit) error {
	if s.WeChat == nil {
		return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "webchat: no official account here")
	}
	state := rand.Text()
	to := base64.RawURLEncoding.EncodeToString([]byte(local(v.Path, r.URL.Query().Get("to"))))
	s.setEnterCookie(w, r, v, state+"."+to, enterAge)
	http.Redirect(w, r, s.WeChat.AuthorizeURL(state, s.publicURL(r)+enterPath(v)+"/entered"), http.StatusSeeOther)
	return nil
}

// enteredByWeChat is where the platform sends the browser back to.
func (s *Site) enteredByWeChat(w http.ResponseWriter, r *http.Request, v *visit) error {
	if s.WeChat == nil {
		return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "webchat: no official account here")
	}
	to, ours := s.entry(w, r, v)
	again := func(status int, word string) error {
		s.draw(w, r, v, "error-page", status, errorPage{v.frame, v.Say(word), enterPath(v) + "/enter?to=" + url.QueryEscape(to)})
		return nil
	}
	if !ours || r.URL.Query().Get("code") == "" {
		return again(http.StatusForbidden, "enter-again")
	}
	openid, err := s.WeChat.OpenID(r.Context(), r.URL.Query().Get("code"))
	if err != nil && bot.KindOf(err) == bot.KindUnavailable {
		return err
	}
	if err != nil || openid.Empty() {
		s.Log.Warn("webchat: the platform refused an entry", "institution", v.Institution.ID, "kind", bot.KindOf(err))
		return again(http.StatusForbidden, "enter-again")
	}
	token, err := s.Store.AccountSession(r.Context(), v.Institution.ID, wechatChannel, openid, v.now)
	if err != nil && bot.KindOf(err) == bot.KindNotFound {
		return again(http.StatusForbidden, "enter-unknown")
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: token, Path: v.Path, MaxAge: int(store.AccountSessionLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: pages.SecureRequest(r),
	})
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// entry ends the entry under way, so that its state works once, and says where it
// leads; ours is false when the browser did not begin it.
func (s *Site) entry(w http.ResponseWriter, r *http.Request, v *visit) (to string, ours bool) {
	cookie, err := r.Cookie(enterCookie)
	if err != nil {
		return v.Path, false
	}
	s.setEnterCookie(w, r, v, "", -1)
	state, rest, _ := strings.Cut(cookie.Value, ".")
	wanted, _ := base64.RawURLEncoding.DecodeString(rest)
	given := r.URL.Query().Get("state")
	return local(v.Path, string(wanted)), state != "" && subtle.ConstantTimeCompare([]byte(state), []byte(given)) == 1
}

func (s *Site) setEnterCookie(w http.ResponseWriter, r *http.Request, v *visit, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: enterCookie, Value: value, Path: enterPath(v), MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: pages.SecureRequest(r),
	})
}

func enterPath(v *visit) string { return "/wechat/" + string(v.Institution.ID) }

// publicURL is the address browsers reach us at: as configured, else as they
// asked. The platform sends browsers to registered hosts only.
func (s *Site) publicURL(r *http.Request) string {
	switch {
	case s.PublicURL != "":
		return strings.TrimSuffix(s.PublicURL, "/")
	case pages.SecureRequest(r):
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// local keeps the path of a page of this institution to go to, written whole or
// from its front page; anything else leads to the front page.
func local(base, to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return base
	}
	page := u.Path
	if !strings.HasPrefix(page, "/") {
		page = base + "/" + page
	}
	if path.Clean(page) != page || !strings.HasPrefix(page, base+"/") || strings.ContainsFunc(page, func(c rune) bool { return c <= ' ' || c == '\\' || c == 0x7f }) {
		return base
	}
	return (&url.URL{Path: page}).EscapedPath()
}
