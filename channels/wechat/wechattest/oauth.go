package wechattest

import (
	"net/http"
	"net/url"
	"time"
)

// webCodeLife is how long a page's code can be exchanged, once.
const webCodeLife = 5 * time.Minute

// phoneCookie says who holds the phone in this browser.
const phoneCookie = "wechattest_phone"

// oauthCode lets a page learn who opened it.
type oauthCode struct {
	openid, scope string
	until         time.Time
	used          bool
}

// authorize is /connect/oauth2/authorize: it asks nobody and sends the phone back
// with a code. Only the silent scope does that in WeChat too.
func (p *Platform) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Host == "" || q.Get("appid") != p.AppID || q.Get("response_type") != "code" || len(q.Get("state")) > 128 ||
		q.Get("scope") != "snsapi_base" && q.Get("scope") != "snsapi_userinfo" {
		http.Error(w, "参数错误：请在微信客户端打开链接", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	openid := p.holder
	if c, err := r.Cookie(phoneCookie); err == nil && p.people[c.Value] != nil {
		openid = c.Value
	}
	code := random(32)
	p.codes[code] = oauthCode{openid: openid, scope: q.Get("scope"), until: p.now().Add(webCodeLife)}
	p.mu.Unlock()
	answer := back.Query()
	answer.Set("code", code)
	answer.Set("state", q.Get("state"))
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

type oauthAnswer struct {
	Token   string `json:"access_token"`
	Expires int    `json:"expires_in"`
	Refresh string `json:"refresh_token"`
	OpenID  string `json:"openid"`
	Scope   string `json:"scope"`
}

// oauthToken is GET /sns/oauth2/access_token: it exchanges a page's code for the
// openid.
func (p *Platform) oauthToken(c call) (any, int) {
	q := c.URL.Query()
	p.mu.Lock()
	defer p.mu.Unlock()
	code, known := p.codes[q.Get("code")]
	switch {
	case q.Get("appid") != p.AppID:
		return nil, codeBadAppID
	case q.Get("secret") != p.Secret:
		return nil, codeBadSecret
	case q.Get("grant_type") != "authorization_code":
		return nil, codeBadGrant
	case q.Get("code") == "":
		return nil, codeNoCode
	case !known || !p.now().Before(code.until):
		return nil, codeBadCode
	case code.used:
		return nil, codeUsedCode
	}
	code.used = true
	p.codes[q.Get("code")] = code
	return oauthAnswer{random(100), 7200, random(100), code.openid, code.scope}, codeOK
}
