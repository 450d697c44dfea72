package wechattest_test

import (
	"testing"
	"time"

	"careline/channels/wechat/wechattest"
)

func TestATokenIsTheSameForEveryProcessUntilItNearlyEnds(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	p.Say(openid, "你好")
	works := func(token string) int {
		return a.post(wechattest.PathTyping, token, map[string]string{"touser": openid, "command": "CancelTyping"}).Code
	}

	first := a.token(false)
	if again := a.token(false); again != first {
		t.Error("a second process got another token")
	}
	p.Advance(2*time.Hour - 5*time.Minute + time.Second)
	p.Say(openid, "在吗")
	second := a.token(false)
	if second == first {
		t.Error("within 5 minutes of its end the token stayed")
	}
	if c1, c2 := works(first), works(second); c1 != 0 || c2 != 0 {
		t.Errorf("beside each other the tokens answer %d and %d", c1, c2)
	}
	p.Advance(5*time.Minute + time.Second)
	p.Say(openid, "在吗")
	if c1, c2 := works(first), works(second); c1 != 40001 || c2 != 0 {
		t.Errorf("after 5 minutes the tokens answer %d and %d", c1, c2)
	}
	p.Advance(2 * time.Hour)
	if c := works(second); c != 42001 {
		t.Errorf("the token that ran out answers %d", c)
	}
}

func TestAForcedRefreshEndsTheOldTokenAndIsRationed(t *testing.T) {
	t.Parallel()
	p, a := start(t, func(c *wechattest.Config) {
		noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		c.Now = func() time.Time { return noon }
	})
	openid := p.Join("赵一")
	p.Say(openid, "你好")
	old := a.token(false)
	forced := a.token(true)
	if forced == old {
		t.Fatal("the forced token is the old one")
	}
	if got := a.post(wechattest.PathSend, old, textTo(openid, "好")); got.Code != 40001 {
		t.Errorf("the old token answers %d", got.Code)
	}
	if again := a.token(true); again != forced {
		t.Error("forced twice within 30 seconds")
	}
	ask := map[string]any{"grant_type": "client_credential", "appid": p.AppID, "secret": p.Secret, "force_refresh": true}
	for n := 2; n <= 20; n++ {
		p.Advance(31 * time.Second)
		if got := a.post(wechattest.PathToken, "", ask); got.Code != 0 {
			t.Fatalf("refresh %d of the day: %d", n, got.Code)
		}
	}
	p.Advance(31 * time.Second)
	if got := a.post(wechattest.PathToken, "", ask); got.Code != 45009 {
		t.Errorf("refresh 21 of the day: %d", got.Code)
	}
	p.Advance(24 * time.Hour)
	if got := a.post(wechattest.PathToken, "", ask); got.Code != 0 {
		t.Errorf("the day after: %d", got.Code)
	}
}

func TestATokenIsOnlyForTheAccount(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	for name, c := range map[string]struct {
		grant, appID, secret string
		code                 int
	}{
		"another grant":  {"password", p.AppID, p.Secret, 40002},
		"another AppID":  {"client_credential", "wx0", p.Secret, 40013},
		"a wrong secret": {"client_credential", p.AppID, "guess", 40125},
	} {
		got := a.post(wechattest.PathToken, "", map[string]string{"grant_type": c.grant, "appid": c.appID, "secret": c.secret})
		if got.Code != c.code || got.Token != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	token := a.token(false)
	p.InvalidateToken()
	if got := a.post(wechattest.PathSend, token, textTo("o", "好")); got.Code != 40001 {
		t.Errorf("an invalidated token answers %d", got.Code)
	}
}
