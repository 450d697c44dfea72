package weixin

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

// The query parameters that hold a placeholder. WeCom calls the secret corpsecret.
const (
	tokenParam      = "access_token"
	secretParam     = "secret"
	corpSecretParam = "corpsecret"
)

// attemptTimeout is how long one attempt may take: a hung call must not hold the
// messages of other patients.
const attemptTimeout = 2 * time.Second

var (
	errNoAccount = errors.New("no account: a request needs the placeholder of one")
	errNoReplay  = errors.New("a body that cannot be sent twice")
	errRedirect  = errors.New("a redirect is not followed")
)

// install puts our transport under the SDK, whose client is one variable for the
// whole process. The SDK's own has no timeout and follows redirects with the token.
var install = sync.OnceValue(func() *router {
	inner := http.DefaultTransport.(*http.Transport).Clone()
	inner.MaxIdleConnsPerHost = 32
	r := &router{clients: map[string]*Client{}, inner: inner}
	util.DefaultHTTPClient = &http.Client{Transport: r, CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect }}
	return r
})

// placeholder cannot be guessed, so that no text of a patient can be taken for one.
func placeholder() string { return "careline-" + rand.Text() }

// router finds the account of a request by its placeholder.
type router struct {
	mu      sync.RWMutex
	clients map[string]*Client
	inner   http.RoundTripper
}

func (r *router) add(c *Client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clients[c.token], r.clients[c.secret] = c, c
}

// RoundTrip sends a request of a known account and refuses every other.
func (r *router) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	c, param := r.account(req.URL)
	if c == nil {
		return nil, &Failure{Call: call(req.URL.Path), Err: errNoAccount}
	}
	if req.Body != nil && req.GetBody == nil {
		return nil, &Failure{Call: call(req.URL.Path), Err: errNoReplay}
	}
	if param != tokenParam {
		return c.attempt(req, param, c.account.Secret.Plain())
	}
	return c.withToken(req)
}

// account is whose placeholder the query holds, and in which parameter; exactly
// one placeholder, at its own place, is accepted.
func (r *router) account(u *url.URL) (*Client, string) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, ""
	}
	var param, value string
	for _, p := range []string{tokenParam, secretParam, corpSecretParam} {
		values := query[p]
		if len(values) == 0 {
			continue
		}
		if param != "" || len(values) != 1 {
			return nil, ""
		}
		param, value = p, values[0]
	}
	r.mu.RLock()
	c := r.clients[value]
	r.mu.RUnlock()
	if c == nil || (param == tokenParam) != (value == c.token) {
		return nil, ""
	}
	return c, param
}

// withToken sends a request with the access token; when the platform refuses the
// token it is replaced and the request sent once more. What the second attempt
// brings is the answer, so a refused token that a caller sees is an alarm.
func (c *Client) withToken(req *http.Request) (*http.Response, error) {
	name := call(req.URL.Path)
	token, err := c.tokens.current(req.Context())
	if err != nil {
		return nil, unsent(name, err)
	}
	resp, err := c.attempt(req, tokenParam, token)
	if err != nil || !refused(resp) {
		return resp, err
	}
	resp.Body.Close()
	if token, err = c.tokens.replace(req.Context(), token); err != nil {
		return nil, unsent(name, err)
	}
	return c.attempt(req, tokenParam, token)
}

// real is the request's address with the account's host and, where a parameter
// holds a placeholder, its real value.
func (c *Client) real(u *url.URL, param, value string) *url.URL {
	query := u.Query()
	if param != "" {
		query.Set(param, value)
	}
	real := *c.base
	real.Path = strings.TrimSuffix(c.base.Path, "/") + u.Path
	real.RawQuery = query.Encode()
	return &real
}
