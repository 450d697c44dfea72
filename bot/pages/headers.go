package pages

import "net/http"

// policy is the content security policy of every page: our own files, nothing
// inline, nobody else's host.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "

// Headers sets the security headers of every answer and refuses state-changing
// requests that another site makes. Pages may be framed by our own origin only
// where framed is true (the demo shows phone and staff page side by side).
func Headers(framed bool, next http.Handler) http.Handler {
	ancestors := "'none'"
	if framed {
		ancestors = "'self'"
	}
	guarded := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy+ancestors)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		guarded.ServeHTTP(w, r)
	})
}

// SecureRequest reports whether the browser reached us over TLS, here or at a
// proxy in front of us that says so. It decides a cookie's Secure attribute only:
// a forged header can make a cookie stricter, never looser.
func SecureRequest(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}
