package console

import (
	"net/http"
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/pages"
)

// The cookie holds a random token; what it stands for is in the database, so
// that signing out ends it everywhere.
const sessionCookie = "careline_staff"

// admit lets those with one of the roles in; others are sent to the sign-in or
// told that their role does not allow it.
func (s *Site) admit(w http.ResponseWriter, r *http.Request, v *visit, roles []bot.Role) (bool, error) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return false, s.toSignIn(w, r, v)
	}
	staff, err := s.Store.Session(r.Context(), v.Institution.ID, cookie.Value, v.now)
	switch kind := bot.KindOf(err); {
	case err != nil && (kind == bot.KindForbidden || kind == bot.KindNotFound):
		return false, s.toSignIn(w, r, v)
	case err != nil:
		return false, err
	case !slices.Contains(roles, staff.Role):
		return false, bot.Errorf(bot.KindForbidden, v.Say("error-forbidden"), "console: role %s may not use %s", staff.Role, r.Pattern)
	}
	v.token = cookie.Value
	v.Me = me{ID: staff.ID, Name: staff.Name.Plain(), Role: v.Say("role-" + string(staff.Role)), role: staff.Role}
	return true, nil
}

// toSignIn sends a page to the sign-in; a script is told by the status.
func (s *Site) toSignIn(w http.ResponseWriter, r *http.Request, v *visit) error {
	if r.Method != http.MethodGet || r.Header.Get("X-Fragment") != "" || r.Header.Get("Accept") == "text/event-stream" {
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	http.Redirect(w, r, v.Path+"/sign-in?next="+strings.TrimPrefix(r.URL.Path, v.Path), http.StatusSeeOther)
	return nil
}

func (s *Site) signInForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	v.Title = v.Say("sign-in")
	s.draw(w, r, "sign-in-page", http.StatusOK, signInPage{frame: v.frame, Next: r.URL.Query().Get("next")})
	return nil
}

func (s *Site) signIn(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	v.Title = v.Say("sign-in")
	login := strings.ToLower(strings.TrimSpace(r.PostForm.Get("login")))
	token, _, err := s.Store.SignIn(r.Context(), v.Institution.ID, login, r.PostForm.Get("password"), v.now)
	if bot.KindOf(err) == bot.KindForbidden && err != nil {
		s.draw(w, r, "sign-in-page", http.StatusForbidden, signInPage{frame: v.frame, Login: login, Next: r.PostForm.Get("next"), Problem: v.Say("sign-in-wrong")})
		return nil
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: token, Path: v.Path, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: pages.SecureRequest(r),
	})
	http.Redirect(w, r, v.Path+local(r.PostForm.Get("next")), http.StatusSeeOther)
	return nil
}

// local keeps a page of this institution to return to, and nothing else.
func local(next string) string {
	if !strings.HasPrefix(next, "/cases/") || strings.ContainsAny(next, `\?#`) || strings.Contains(next, "..") {
		return ""
	}
	return next
}

func (s *Site) signOut(w http.ResponseWriter, r *http.Request, v *visit) error {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		if err := s.Store.SignOut(r.Context(), v.Institution.ID, cookie.Value, v.now); err != nil {
			return err
		}
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: v.Path, MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: pages.SecureRequest(r)})
	http.Redirect(w, r, v.Path+"/sign-in", http.StatusSeeOther)
	return nil
}

// here is the page's word that somebody is at the desk: admitting it was all.
func (s *Site) here(w http.ResponseWriter, _ *http.Request, _ *visit) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}
