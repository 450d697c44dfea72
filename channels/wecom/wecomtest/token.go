package wecomtest

import (
	"net/http"
	"time"
)

// tokenLives is how long an access token is good.
const tokenLives = 2 * time.Hour

func (p *Platform) gettoken(r *http.Request) (any, int) {
	query := r.URL.Query()
	switch {
	case query.Get("corpid") != p.Account.CorpID:
		return nil, badCorpID
	case query.Get("corpsecret") != p.Account.Secret:
		return nil, badSecret
	}
	token := p.id("token-")
	p.tokens[token] = p.now().Add(tokenLives)
	return map[string]any{"access_token": token, "expires_in": int(tokenLives / time.Second)}, 0
}

func (p *Platform) checkToken(token string) int {
	until, known := p.tokens[token]
	switch {
	case token == "":
		return noToken
	case !known:
		return badToken
	case !p.now().Before(until):
		return endedToken
	}
	return 0
}

// EndTokens makes every token that was given out unknown, as a new secret does.
func (p *Platform) EndTokens() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.tokens)
}
