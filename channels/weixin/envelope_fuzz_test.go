package weixin_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/util"

	"careline/channels/weixin"
	"careline/channels/weixin/weixintest"
)

// FuzzEnvelope: nothing that is posted panics, and whatever opens was signed. An
// encrypted text is also signed rightly, so that what lies behind the signature
// meets hostile bytes too.
func FuzzEnvelope(f *testing.F) {
	d, err := account.Deliver("<xml><Content>hi</Content></xml>", noon)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(d.Query.Encode(), d.Body, "")
	f.Add("timestamp=1&timestamp=2", []byte("<xml><Encrypt>&x;</Encrypt>"), "AAAA")
	e, err := account.Envelope()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string, body []byte, encrypted string) {
		request := func(query string, body []byte) *http.Request {
			r := weixintest.Delivery{Body: body}.Request("/")
			r.URL.RawQuery = query
			return r
		}
		if plain, err := e.Open(request(query, body), noon); err == nil && !bytes.Equal(body, d.Body) {
			values, _ := url.ParseQuery(query)
			if len(values.Get("msg_signature")) != 40 || plain == nil {
				t.Errorf("a delivery opened that was not signed: %s", query)
			}
		} else if _, refused := errors.AsType[weixin.Refusal](err); err != nil && !refused {
			t.Errorf("refused with %v", err)
		}
		_, _ = e.Verify(request(query, nil), noon)
		stamp := strconv.FormatInt(noon.Unix(), 10)
		signed := account.Delivery(stamp, "7", encrypted, util.Signature(account.Token, stamp, "7", encrypted))
		if _, err := e.Open(signed.Request("/"), noon); err == nil && strings.TrimSpace(encrypted) == "" {
			t.Error("an empty message opened")
		}
	})
}
