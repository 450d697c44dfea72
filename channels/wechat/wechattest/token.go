package wechattest

import "time"

// How tokens live, by the platform's documents on stable_token.
const (
	tokenLife       = 2 * time.Hour
	renewedEarly    = 5 * time.Minute // before its end, an ordinary call brings a new token
	bothValid       = 5 * time.Minute // the old token lives beside the new one
	forcedApart     = 30 * time.Second
	forcedPerDay    = 20
	tokensPerMinute = 10_000
)

// tokenState is the account's access token, and how it was asked for.
type tokenState struct {
	value, former        string
	expires, formerUntil time.Time
	forced               time.Time // the last forced refresh
	day, minute          time.Time // the ones counted
	forcedToday, thisMin int
}

type tokenRequest struct {
	Grant  string `json:"grant_type"`
	AppID  string `json:"appid"`
	Secret string `json:"secret"`
	Force  bool   `json:"force_refresh"`
}

type tokenAnswer struct {
	Token   string `json:"access_token"`
	Expires int64  `json:"expires_in"` // seconds
}

// stableToken is POST /cgi-bin/stable_token.
func (p *Platform) stableToken(c call) (any, int) {
	var in tokenRequest
	if code := c.read(&in); code != codeOK {
		return nil, code
	}
	switch {
	case in.Grant != "client_credential":
		return nil, codeBadGrant
	case in.AppID != p.AppID:
		return nil, codeBadAppID
	case in.Secret != p.Secret:
		return nil, codeBadSecret
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if code := p.token.count(now, in.Force); code != codeOK {
		return nil, code
	}
	if in.Force && now.Sub(p.token.forced) >= forcedApart {
		p.token.forced = now
		p.token.forcedToday++
		p.token.renew(now, 0)
	} else if p.token.expires.Sub(now) < renewedEarly {
		p.token.renew(now, bothValid)
	}
	return tokenAnswer{p.token.value, int64(p.token.expires.Sub(now) / time.Second)}, codeOK
}

// count enforces the quotas of asking.
func (t *tokenState) count(now time.Time, force bool) int {
	if day := now.Truncate(24 * time.Hour); !day.Equal(t.day) {
		t.day, t.forcedToday = day, 0
	}
	if minute := now.Truncate(time.Minute); !minute.Equal(t.minute) {
		t.minute, t.thisMin = minute, 0
	}
	t.thisMin++
	if t.thisMin > tokensPerMinute || force && t.forcedToday >= forcedPerDay {
		return codeDailyQuota
	}
	return codeOK
}

// renew makes a new token; the old one lives on for a while.
func (t *tokenState) renew(now time.Time, beside time.Duration) {
	t.former, t.formerUntil = t.value, now.Add(beside)
	t.value, t.expires = random(120), now.Add(tokenLife)
}

// checkToken says what is wrong with the token of a call.
func (p *Platform) checkToken(token string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	switch {
	case token == "":
		return codeNoToken
	case token == p.token.value && now.Before(p.token.expires), token == p.token.former && now.Before(p.token.formerUntil):
		return codeOK
	case token == p.token.value:
		return codeOldToken
	}
	return codeBadToken
}

// InvalidateToken makes the token in use invalid, as when somebody else forces a
// refresh or resets the secret.
func (p *Platform) InvalidateToken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.token.renew(p.now(), 0)
	p.token.former = ""
}
