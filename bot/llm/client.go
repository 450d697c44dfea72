// Package llm is the one way out to a model: a thin client of an
// OpenAI-compatible endpoint. Every text is redacted before it leaves.
package llm

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"careline/bot"
)

// Config says where the endpoint is.
type Config struct {
	BaseURL string // up to and with the version: "https://models.example/v1"; plain http on loopback only
	Key     string // "" sends none
}

// Client speaks to one endpoint. It is safe for concurrent use.
type Client struct {
	api *openai.Client
}

const (
	connectTimeout = 2 * time.Second
	callTimeout    = 12 * time.Second // one call with its retry
	// responseLimit is well above 64 vectors of 8,192 dimensions written as text.
	responseLimit = 16 << 20
)

// New checks the address; it does not connect.
func New(c Config) (*Client, error) {
	base, err := checkURL(c.BaseURL)
	if err != nil {
		return nil, err
	}
	config := openai.DefaultConfig(c.Key)
	config.BaseURL = base
	config.HTTPClient = limited{&http.Client{
		Timeout: callTimeout,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSHandshakeTimeout: connectTimeout,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 8,
			IdleConnTimeout:     90 * time.Second,
		},
		// A redirect could carry the texts to an address nobody checked.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return &Client{api: openai.NewClientWithConfig(config)}, nil
}

// checkURL refuses what would send texts in the clear or keys in an address. Its
// errors do not repeat the address, which may hold a key.
func checkURL(raw string) (string, error) {
	const person = "The model endpoint's address must be https://… (plain http only on this machine), without a user, a query or a fragment."
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return "", bot.Errorf(bot.KindInvalid, person, "llm: base URL is not an absolute URL")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", bot.Errorf(bot.KindInvalid, person, "llm: base URL has a user, a query or a fragment")
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
		return u.JoinPath("").String(), nil
	}
	return "", bot.Errorf(bot.KindInvalid, person, "llm: base URL scheme %q is not allowed for this host", u.Scheme)
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// limited caps what an answer may make us read.
type limited struct{ client *http.Client }

func (l limited) Do(r *http.Request) (*http.Response, error) {
	res, err := l.client.Do(r)
	if err != nil {
		return nil, err
	}
	res.Body = http.MaxBytesReader(nil, res.Body, responseLimit)
	return res, nil
}
