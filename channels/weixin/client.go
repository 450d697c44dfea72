package weixin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"careline/bot"
)

// Where the platforms' own API is served.
const (
	OfficialAPI = "https://api.weixin.qq.com"
	WeComAPI    = "https://qyapi.weixin.qq.com"
)

// Account is one official account, or one enterprise in WeCom.
type Account struct {
	Platform Platform
	ID       string   // the AppID, or the CorpID
	Secret   bot.Text // the AppSecret, or the secret of the WeCom application
	BaseURL  string   // where the API is served; empty: by the platform itself
}

// Client calls the API for one account. The SDK, and everybody else who calls,
// holds placeholders: the transport puts the real token and secret in as a request
// leaves, so no error, log or dump of a request can hold them.
type Client struct {
	account Account
	base    *url.URL
	token   string // placeholder of the access token
	secret  string // placeholder of the secret
	tokens  *tokens
	inner   http.RoundTripper
	timeout time.Duration // of one attempt
}

// Register makes the account known to the process's transport, which from then on
// carries every call of the SDK. Its error is of kind invalid.
func Register(a Account) (*Client, error) {
	if a.ID == "" || a.Secret.Empty() {
		return nil, bot.Errorf(bot.KindInvalid, "A WeChat account needs its id and its secret.", "weixin: account without id or secret")
	}
	base, err := a.base()
	if err != nil {
		return nil, err
	}
	r := install()
	c := &Client{account: a, base: base, token: placeholder(), secret: placeholder(), inner: r.inner, timeout: attemptTimeout}
	c.tokens = &tokens{fetch: c.fetchToken, now: time.Now}
	r.add(c)
	return c, nil
}

// base is where the account's API is served. Only this machine may be reached
// without TLS: the token crosses the network with every call.
func (a Account) base() (*url.URL, error) {
	text := a.BaseURL
	if text == "" {
		text = map[Platform]string{OfficialAccount: OfficialAPI, WeCom: WeComAPI}[a.Platform]
	}
	u, err := url.Parse(text)
	if err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())) {
		return u, nil
	}
	return nil, bot.Errorf(bot.KindInvalid, "The address of the WeChat API must begin with https://; http:// is for this machine only.", "weixin: unusable base address")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// ID is the AppID or the CorpID.
func (c *Client) ID() string { return c.account.ID }

// Base is where the account's API is served.
func (c *Client) Base() string { return c.base.String() }

// Local reports whether the API is a stand-in on this machine.
func (c *Client) Local() bool { return loopback(c.base.Hostname()) }

// GetAccessToken gives the SDK the placeholder of the access token.
func (c *Client) GetAccessToken() (string, error) { return c.token, nil }

// GetAccessTokenContext gives the SDK the placeholder of the access token.
func (c *Client) GetAccessTokenContext(context.Context) (string, error) { return c.token, nil }

// SecretPlaceholder stands for the secret in the SDK's configuration.
func (c *Client) SecretPlaceholder() string { return c.secret }

// TokenLife fetches the access token if none is held and says how long it is valid.
func (c *Client) TokenLife(ctx context.Context) (time.Duration, error) {
	if _, err := c.tokens.current(ctx); err != nil {
		return 0, err
	}
	return c.tokens.life(), nil
}

// Post calls path, such as "/cgi-bin/menu/create", with in as JSON and reads the
// answer into out, which may be nil. Its error is an *Error where the API answered
// with a code, else a *Failure.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	body, err := util.PostJSONContext(ctx, c.address(path, nil), in)
	if err != nil {
		return clean(call(path), err)
	}
	return decode(call(path), body, out)
}

// Get calls path with a query and reads the answer into out. Its errors are Post's.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	body, err := util.HTTPGetContext(ctx, c.address(path, query))
	if err != nil {
		return clean(call(path), err)
	}
	return decode(call(path), body, out)
}

// Media opens what a call returns as bytes. Reading more than limit bytes fails
// with an *http.MaxBytesError. Its errors are Post's.
func (c *Client) Media(ctx context.Context, path string, query url.Values, limit int64) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(asMedia(ctx, limit), http.MethodGet, c.address(path, query), nil)
	if err != nil {
		return nil, clean(call(path), err)
	}
	resp, err := util.DefaultHTTPClient.Do(req)
	if err != nil {
		return nil, clean(call(path), err)
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), jsonType) {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil {
		err = decode(call(path), body, nil)
	}
	if err == nil {
		err = &Failure{Call: call(path), Err: errors.New("the answer is no media")}
	}
	return nil, clean(call(path), err)
}

// address is the call as the SDK would write it: the platform's host, and a
// placeholder. A query that brings the placeholder of the secret needs no token.
func (c *Client) address(path string, query url.Values) string {
	all := url.Values{}
	for k, v := range query {
		all[k] = v
	}
	if !all.Has(secretParam) {
		all.Set(tokenParam, c.token)
	}
	return fmt.Sprintf("%s%s?%s", OfficialAPI, path, all.Encode())
}

// call is a path as errors name it.
func call(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "/"), "cgi-bin/")
}
