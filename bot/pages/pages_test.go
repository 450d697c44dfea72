package pages

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"careline/bot"
)

func TestTheLanguageIsTheSwitchThenTheCookieThenTheBrowser(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query, cookie, accept string
		want                  bot.Language
	}{
		"nothing known":              {"", "", "", bot.Chinese},
		"an English browser":         {"", "", "en-GB,en;q=0.9", bot.English},
		"a traditional Chinese one":  {"", "", "zh-TW,en;q=0.5", bot.Chinese},
		"a German one prefers en":    {"", "", "de-DE,en;q=0.7", bot.English},
		"the cookie wins":            {"", "zh", "en", bot.Chinese},
		"the switch wins over it":    {"?lang=en", "zh", "zh", bot.English},
		"nonsense changes nothing":   {"?lang=xx", "yy", "zh", bot.Chinese},
		"a broken header is no harm": {"", "", "%%%", bot.Chinese},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/"+c.query, nil)
			r.Header.Set("Accept-Language", c.accept)
			if c.cookie != "" {
				r.AddCookie(&http.Cookie{Name: languageCookie, Value: c.cookie})
			}
			w := httptest.NewRecorder()
			if got := Language(w, r); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if set := w.Header().Get("Set-Cookie"); strings.Contains(set, languageCookie) != (c.query == "?lang=en") {
				t.Errorf("Set-Cookie is %q", set)
			}
		})
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	for _, framed := range []bool{false, true} {
		h := Headers(framed, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.TLS = &tls.ConnectionState{}
		h.ServeHTTP(w, r)
		policy := w.Header().Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("policy %q", policy)
		}
		if strings.Contains(policy, "frame-ancestors 'none'") == framed {
			t.Errorf("framed %v: policy %q", framed, policy)
		}
		for _, name := range []string{"X-Content-Type-Options", "Referrer-Policy", "Strict-Transport-Security", "Cache-Control"} {
			if w.Header().Get(name) == "" {
				t.Errorf("no %s", name)
			}
		}
	}
}

func TestAnotherSiteCannotPost(t *testing.T) {
	t.Parallel()
	reached := false
	h := Headers(false, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		for k, v := range header {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusForbidden || reached {
			t.Errorf("%v: status %d, reached %v", header, w.Code, reached)
		}
	}
}

func TestAnAssetsAddressChangesWithItsContent(t *testing.T) {
	t.Parallel()
	a, err := SharedAssets()
	if err != nil {
		t.Fatal(err)
	}
	url, err := a.URL("base.css")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]struct {
		status int
		cache  string
	}{
		url:                              {200, "immutable"},
		"/assets/shared/base.css":        {200, "no-cache"},
		"/assets/shared/base.css?v=old":  {200, "no-cache"},
		"/assets/shared/none.css":        {404, ""},
		"/assets/shared/../headers.go":   {404, ""},
		"/assets/shared/x/base.css?v=1":  {404, ""},
		"/assets/shared/%2e%2e/base.css": {404, ""},
	} {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		if w.Code != want.status || !strings.Contains(w.Header().Get("Cache-Control"), want.cache) {
			t.Errorf("%s: status %d, cache %q", address, w.Code, w.Header().Get("Cache-Control"))
		}
	}
	if _, err := a.URL("none.css"); err == nil {
		t.Error("an unknown asset must be an error, so that the page test finds it")
	}
}

func TestWordsNeedBothLanguagesAndOneDefinition(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"one language only": "a: {zh: 甲}",
		"cut at a comma":    "a: {zh: 甲, en: a, b}",
		"defined twice":     "direction-high: {zh: 甲, en: a}",
		"no YAML":           "a: [",
	} {
		if _, err := LoadWords([]byte(file)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := speech(t).T("no-such-word"); err == nil {
		t.Error("an unknown word must be an error")
	}
}

func TestSpansAreCoarseAndNeverNegative(t *testing.T) {
	t.Parallel()
	s := speech(t)
	for d, want := range map[time.Duration]string{
		10 * time.Second: "不到1分钟", 12 * time.Minute: "12 分钟", -12 * time.Minute: "12 分钟",
		150 * time.Minute: "2 小时 30 分", 72 * time.Hour: "3 天",
	} {
		if got := s.Span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestAnEventKeepsItsLines(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	if err := NewEvents(w).Send("message", 7, "<p>a</p>\r\n\n<p>b</p>"); err != nil {
		t.Fatal(err)
	}
	want := "event: message\nid: 7\ndata: <p>a</p>\ndata: \ndata: <p>b</p>\n\n"
	if w.Body.String() != want {
		t.Errorf("got %q", w.Body.String())
	}
}
