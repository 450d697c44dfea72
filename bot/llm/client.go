// Package llm is the one way out to a model: a thin client of OpenAI-compatible
// endpoints for chat and embeddings. Every text is redacted before it leaves.
package llm

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	openai "github.com/sashabaranov/go-openai"
)

// Config says where the endpoint is.
type Config struct {
	BaseURL string // up to and with the version: "https://models.example/v1"; plain http on loopback only
	Key     string // "" sends none
	Timings Timings
}

// Client speaks to one endpoint, and stops for a while when the endpoint keeps
// failing. It is safe for concurrent use.
type Client struct {
	api     *openai.Client
	circuit circuitbreaker.CircuitBreaker[any]
	timings Timings
}

const (
	// responseLimit is well above 64 vectors of 8,192 dimensions written as text.
	responseLimit = 16 << 20
	// The circuit opens when so many of the last calls failed: an endpoint that
	// fails now and then stays in use, one that is down is left alone.
	circuitFailures, circuitCalls = 5, 10
)

// New checks the address; it does not connect.
func New(c Config) (*Client, error) {
	base, err := checkURL(c.BaseURL)
	if err != nil {
		return nil, err
	}
	timings := c.Timings.orDefault()
	config := openai.DefaultConfig(c.Key)
	config.BaseURL = base.String()
	config.HTTPClient = onlyHost{base: base, client: &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: timings.Connect}).DialContext,
			TLSHandshakeTimeout: timings.Connect,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 8,
			IdleConnTimeout:     90 * time.Second,
		},
		// A redirect could carry the texts to an address nobody checked.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	circuit := circuitbreaker.NewBuilder[any]().
		WithFailureThresholdRatio(circuitFailures, circuitCalls).
		WithDelay(timings.OpenFor).WithJitterFactor(0.1).
		WithSuccessThreshold(1).
		Build()
	return &Client{openai.NewClientWithConfig(config), circuit, timings}, nil
}

// guarded makes one call unless the circuit is open, and tells the circuit how it went.
func (c *Client) guarded(ctx context.Context, call func() error) Outcome {
	if !c.circuit.TryAcquirePermit() {
		return Open
	}
	outcome := outcomeOf(ctx, call())
	switch {
	case outcome.unhealthy():
		c.circuit.RecordFailure()
	case outcome != Canceled:
		c.circuit.RecordSuccess()
	case c.circuit.IsHalfOpen():
		// Whoever left took the one permit with them; without a record nobody gets another.
		c.circuit.RecordFailure()
	}
	return outcome
}
