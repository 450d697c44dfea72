package weixin

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// early is how long before its end a token is replaced. The platform lets the old
// and the new token stand side by side for five minutes.
const early = 5 * time.Minute

// tokens holds the account's access token. All calls share it, and only one at a
// time asks for another.
type tokens struct {
	fetch func(ctx context.Context) (token string, life time.Duration, err error)
	now   func() time.Time

	mu    sync.Mutex
	token string
	until time.Time

	flight singleflight.Group
}

// current is the token in use; a new one when it is about to end.
func (t *tokens) current(ctx context.Context) (string, error) {
	t.mu.Lock()
	token, left := t.token, t.until.Sub(t.now())
	t.mu.Unlock()
	if token != "" && left > early {
		return token, nil
	}
	return t.renew(ctx)
}

// replace is for a token that was refused. Who comes late, after somebody else has
// replaced it, takes the new one and asks for nothing.
func (t *tokens) replace(ctx context.Context, failed string) (string, error) {
	t.mu.Lock()
	token := t.token
	t.mu.Unlock()
	if token != "" && token != failed {
		return token, nil
	}
	return t.renew(ctx)
}

// renew fetches in a flight of its own: the caller who started it may give up
// without failing those who wait with it.
func (t *tokens) renew(ctx context.Context) (string, error) {
	done := t.flight.DoChan("", func() (any, error) {
		token, life, err := t.fetch(context.Background())
		if err != nil {
			return "", err
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.token, t.until = token, t.now().Add(life)
		return token, nil
	})
	select {
	case got := <-done:
		return got.Val.(string), got.Err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// life is how long the token in use is still valid.
func (t *tokens) life() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.until.Sub(t.now())
}

// fetchToken asks the platform. stable_token gives every process of an account the
// same token, so that processes do not end each other's.
func (c *Client) fetchToken(ctx context.Context) (string, time.Duration, error) {
	req, param, err := c.tokenRequest(ctx)
	if err != nil {
		return "", 0, &Failure{Call: "token", Err: errBroken}
	}
	resp, err := c.attempt(req, param, c.account.Secret.Plain())
	if err != nil {
		return "", 0, clean(call(req.URL.Path), err)
	}
	defer resp.Body.Close()
	var answer struct {
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	if err := decodeFrom(call(req.URL.Path), resp.Body, &answer); err != nil {
		return "", 0, err
	}
	if answer.Token == "" || answer.Seconds <= 0 {
		return "", 0, &Failure{Call: call(req.URL.Path), Err: errNotJSON}
	}
	return answer.Token, time.Duration(answer.Seconds) * time.Second, nil
}

// tokenRequest is the request for a token and the query parameter that takes the
// secret: WeCom's stands in the query, the official account's in the body.
func (c *Client) tokenRequest(ctx context.Context) (*http.Request, string, error) {
	if c.account.Platform == WeCom {
		query := url.Values{"corpid": {c.account.ID}}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, WeComAPI+"/cgi-bin/gettoken?"+query.Encode(), nil)
		return req, corpSecretParam, err
	}
	body, err := json.Marshal(map[string]any{
		"grant_type": "client_credential", "appid": c.account.ID, "secret": c.account.Secret.Plain(), "force_refresh": false,
	})
	if err != nil {
		return nil, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, OfficialAPI+"/cgi-bin/stable_token", bytes.NewReader(body))
	if err == nil {
		req.Header.Set("Content-Type", jsonType)
	}
	return req, "", err
}
