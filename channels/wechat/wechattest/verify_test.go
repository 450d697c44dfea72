package wechattest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/silenceper/wechat/v2/util"

	"careline/channels/wechat/wechattest"
)

func TestTheConsoleSavesOnlyACallbackThatRepeatsTheWord(t *testing.T) {
	t.Parallel()
	p := wechattest.New(t)
	for name, c := range map[string]struct {
		answers func(w http.ResponseWriter, word string)
		saved   bool
	}{
		"the word":      {func(w http.ResponseWriter, word string) { _, _ = io.WriteString(w, word) }, true},
		"another word":  {func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, "success") }, false},
		"nothing":       {func(http.ResponseWriter, string) {}, false},
		"no connection": {func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) }, false},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			if r.Method != http.MethodGet || q.Get("signature") != util.Signature(p.Token, q.Get("timestamp"), q.Get("nonce")) {
				t.Errorf("asked by %s %v", r.Method, q)
			}
			c.answers(w, q.Get("echostr"))
		}))
		p.SetCallback(s.URL)
		if err := p.Verify(t.Context()); (err == nil) != c.saved {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
	}
}
