package wechattest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"careline/channels/wechat/wechattest"
)

// authorize opens the OAuth page and returns where it sends the phone.
func authorize(t *testing.T, p *wechattest.Platform, query url.Values) *url.URL {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := client.Get(p.URL + wechattest.PathAuthorize + "?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	to, err := r.Location()
	if err != nil {
		return nil
	}
	return to
}

func TestAPageLearnsWhoHoldsThePhone(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	p.Join("赵一")
	second := p.Join("钱二")
	p.Hold(second)
	ask := url.Values{"appid": {p.AppID}, "redirect_uri": {"https://example.org/full?part=1"}, "response_type": {"code"}, "scope": {"snsapi_base"}, "state": {"s1"}}
	to := authorize(t, p, ask)
	if to == nil || to.Host != "example.org" || to.Query().Get("state") != "s1" || to.Query().Get("part") != "1" || to.Query().Get("code") == "" {
		t.Fatalf("sent to %v", to)
	}
	exchange := func(appID, secret, code string) answer {
		out, _, _ := a.get(wechattest.PathOAuth, url.Values{"appid": {appID}, "secret": {secret}, "code": {code}, "grant_type": {"authorization_code"}})
		return out
	}
	code := to.Query().Get("code")
	late := authorize(t, p, ask).Query().Get("code")
	if got := exchange(p.AppID, "guess", code); got.Code != 40125 {
		t.Errorf("a wrong secret: %+v", got)
	}
	if got := exchange(p.AppID, p.Secret, code); got.OpenID != second {
		t.Errorf("the phone is %+v, want %s", got, second)
	}
	if got := exchange(p.AppID, p.Secret, code); got.Code != 40163 || got.OpenID != "" {
		t.Errorf("a used code: %+v", got)
	}
	if got := exchange(p.AppID, p.Secret, "invented"); got.Code != 40029 {
		t.Errorf("an invented code: %+v", got)
	}
	p.Advance(5 * time.Minute)
	if got := exchange(p.AppID, p.Secret, late); got.Code != 40029 {
		t.Errorf("after five minutes: %+v", got)
	}
	ask.Set("appid", "wxanother")
	if to := authorize(t, p, ask); to != nil {
		t.Errorf("another account's page is sent to %v", to)
	}
}
