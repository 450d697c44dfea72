package wechattest_test

import (
	"bytes"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/basic"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/channels/wechat/wechattest"
)

func TestACodeOfTheAccountBringsItsSceneUntilItExpires(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Stranger("赵一")
	made := a.post(wechattest.PathQR, a.token(false), basic.NewTmpQrRequest(10*time.Minute, "b_7QK2"))
	if made.Code != 0 || made.Ticket == "" || made.URL == "" {
		t.Fatalf("made %+v", made)
	}
	_, picture, _ := a.get("/cgi-bin/showqrcode", url.Values{"ticket": {made.Ticket}})
	if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
		t.Errorf("the code's picture: %v", err)
	}
	p.Scan(openid, made.URL)
	p.Scan(openid, made.URL)
	got := a.messages()
	if len(got) != 2 || got[0].Event != message.EventSubscribe || got[0].EventKey != "qrscene_b_7QK2" || got[0].Ticket != made.Ticket ||
		got[1].Event != message.EventScan || got[1].EventKey != "b_7QK2" {
		t.Errorf("delivered %+v", got)
	}
	p.Advance(10 * time.Minute)
	for _, code := range []string{made.URL, "b_7QK2", "http://weixin.qq.com/q/invented", ""} {
		if d := p.Scan(openid, code); d.Accepted() {
			t.Errorf("%q can be scanned", code)
		}
	}
	if n := len(a.messages()); n != 2 {
		t.Errorf("%d deliveries", n)
	}
}

func TestACodeNeedsASceneOfAtMost64Bytes(t *testing.T) {
	t.Parallel()
	_, a := start(t)
	for name, c := range map[string]struct {
		request *basic.Request
		code    int
	}{
		"64 bytes":          {basic.NewTmpQrRequest(time.Minute, strings.Repeat("s", 64)), 0},
		"65 bytes":          {basic.NewTmpQrRequest(time.Minute, strings.Repeat("s", 65)), 40053},
		"nothing":           {basic.NewTmpQrRequest(time.Minute, ""), 40053},
		"a number for ever": {basic.NewLimitQrRequest(7), 0},
		"an unknown action": {&basic.Request{ActionName: "QR_POEM"}, 40050},
	} {
		if got := a.post(wechattest.PathQR, a.token(false), c.request); got.Code != c.code || (got.Ticket == "") != (c.code != 0) {
			t.Errorf("%s: %+v, want %d", name, got, c.code)
		}
	}
}
