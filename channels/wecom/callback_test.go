package wecom_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"careline/channels/wecom"
	"careline/channels/wecom/wecomtest"
	"careline/channels/weixin"
)

// hook is a callback URL and what it woke.
type hook struct {
	*wecom.Callback
	woken []string
}

func newHook(t *testing.T, p *wecomtest.Platform) *hook {
	t.Helper()
	e, err := weixin.NewEnvelope(weixin.Envelope{Platform: weixin.WeCom, Token: p.Account.Token, AppID: p.Account.CorpID, Keys: []string{p.Account.AESKey}})
	if err != nil {
		t.Fatal(err)
	}
	h := &hook{}
	h.Callback = wecom.NewCallback(e, func(id, token string) { h.woken = append(h.woken, id+" "+token) }, p.Now, slog.New(slog.DiscardHandler))
	return h
}

func (h *hook) serve(r *http.Request) (status int, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func callback(t *testing.T, p *wecomtest.Platform) *http.Request {
	t.Helper()
	r, err := p.Callback("/wecom/hospital")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestACallbackWakesTheAccountItNames(t *testing.T) {
	t.Parallel()
	p := wecomtest.New(wecomtest.Invented, noon)
	h := newHook(t, p)
	if status, body := h.serve(callback(t, p)); status != http.StatusOK || body != "success" {
		t.Errorf("answered %d %q", status, body)
	}
	if len(h.woken) != 1 || !strings.HasPrefix(h.woken[0], wecomtest.Invented.OpenKFID+" pull-") {
		t.Errorf("woke %q", h.woken)
	}
}

func TestTheConsolesCheckOfTheURLIsAnswered(t *testing.T) {
	t.Parallel()
	p := wecomtest.New(wecomtest.Invented, noon)
	r, err := p.CheckURL("/wecom/hospital", "2471658310")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := newHook(t, p).serve(r); status != http.StatusOK || body != "2471658310" {
		t.Errorf("answered %d %q", status, body)
	}
}

func TestAForgedCallbackHasNoEffect(t *testing.T) {
	t.Parallel()
	other := wecomtest.Invented
	other.CorpID = "ww1111111111111111"
	for name, forge := range map[string]func(p *wecomtest.Platform, r *http.Request) *http.Request{
		"the signature is another": func(_ *wecomtest.Platform, r *http.Request) *http.Request {
			return with(r, "msg_signature", strings.Repeat("0", 40))
		},
		"the signature is missing": func(_ *wecomtest.Platform, r *http.Request) *http.Request { return with(r, "msg_signature", "") },
		"the nonce is another":     func(_ *wecomtest.Platform, r *http.Request) *http.Request { return with(r, "nonce", "7") },
		"it is of yesterday": func(p *wecomtest.Platform, r *http.Request) *http.Request {
			p.Advance(24 * time.Hour)
			return r
		},
		"a parameter stands there twice": func(_ *wecomtest.Platform, r *http.Request) *http.Request {
			r.URL.RawQuery += "&nonce=7"
			return r
		},
		"it is in the clear": func(_ *wecomtest.Platform, r *http.Request) *http.Request {
			r.Body = io.NopCloser(strings.NewReader("<xml><Event>kf_msg_or_event</Event><OpenKfId>" + wecomtest.Invented.OpenKFID + "</OpenKfId></xml>"))
			return r
		},
		"it is too large": func(_ *wecomtest.Platform, r *http.Request) *http.Request {
			r.Body = io.NopCloser(bytes.NewReader(make([]byte, 1<<20)))
			return r
		},
		"it is meant for another enterprise": func(_ *wecomtest.Platform, r *http.Request) *http.Request {
			forged, err := wecomtest.New(other, noon).Callback("/wecom/hospital")
			if err != nil {
				t.Error(err)
			}
			return forged
		},
		"it comes by another method": func(_ *wecomtest.Platform, r *http.Request) *http.Request {
			r.Method = http.MethodPut
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := wecomtest.New(wecomtest.Invented, noon)
			h := newHook(t, p)
			status, body := h.serve(forge(p, callback(t, p)))
			if status < 400 || len(h.woken) != 0 || strings.Contains(body, "success") {
				t.Errorf("answered %d %q, woke %q", status, body, h.woken)
			}
		})
	}
}

func with(r *http.Request, parameter, value string) *http.Request {
	query := r.URL.Query()
	query.Set(parameter, value)
	r.URL.RawQuery = query.Encode()
	return r
}
