package wechattest

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"careline/bot/pages"
)

//go:embed static
var static embed.FS

//go:embed templates
var templates embed.FS

//go:embed words.yaml
var phoneWords []byte

//go:embed static/report.jpg
var samplePhoto []byte

// phone is the page on which somebody plays a patient.
type phone struct {
	*Platform
	words  pages.Words
	assets *pages.Assets
	sheets *template.Template
}

// tick is how often the page is drawn anew when nothing happens: counters run down.
const tick = time.Second

func newPhone(p *Platform) (http.Handler, error) {
	words, err := pages.LoadWords(phoneWords)
	if err != nil {
		return nil, fmt.Errorf("wechattest: %w", err)
	}
	assets, err := pages.NewAssets("/phone/assets/", static, "static")
	if err != nil {
		return nil, fmt.Errorf("wechattest: %w", err)
	}
	sheets, err := pages.Templates(templates, "templates/*.html", template.FuncMap{"asset": assets.URL, "pieces": pieces, "drawn": draw})
	if err != nil {
		return nil, fmt.Errorf("wechattest: %w", err)
	}
	f := &phone{p, words, assets, sheets}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", f.page)
	mux.HandleFunc("GET /phone/stream", f.stream)
	mux.HandleFunc("POST /phone/do", f.do)
	mux.Handle("GET "+assets.Prefix(), assets)
	return pages.Headers(false, mux), nil
}

// holds is who holds the phone in this browser. A platform without people gets one
// who does not follow the account yet.
func (f *phone) holds(r *http.Request) string {
	f.mu.Lock()
	nobody := len(f.order) == 0
	f.mu.Unlock()
	if nobody {
		f.Stranger("林小满")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, err := r.Cookie(phoneCookie); err == nil && f.people[c.Value] != nil {
		return c.Value
	}
	return f.holder
}

func (f *phone) page(w http.ResponseWriter, r *http.Request) {
	lang := pages.Language(w, r)
	openid := f.holds(r)
	http.SetCookie(w, &http.Cookie{Name: phoneCookie, Value: openid, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	// A page that cannot be drawn has said so itself.
	_ = pages.Render(w, f.sheets, "phone", http.StatusOK, f.look(openid, lang))
}
