package wechattest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Config of a platform. Everything may be left out.
type Config struct {
	AppID   string // "wx" and 16 hex digits; random if empty, like the next three
	Secret  string
	Token   string
	AESKey  string // 43 characters, as the console shows it
	Account string // the account's own id in deliveries (gh_…)
	Name    string // of the account, as the phone shows it

	Callback string           // where deliveries go; see also SetCallback
	Address  string           // where to listen; empty: a free port of this machine
	Patience time.Duration    // how long one delivery may take; 0: 5 seconds, as documented
	Now      func() time.Time // the account's clock, called by several goroutines; nil: time.Now
}

// Platform is a running platform with one official account. Its methods may be
// called by several goroutines.
type Platform struct {
	URL                                   string // of the API and of the phone's page
	AppID, Secret, Token, AESKey, Account string
	name                                  string

	patience time.Duration
	base     func() time.Time
	server   *httptest.Server
	client   *http.Client
	ctx      context.Context // of everything the platform does on its own; ended by Close
	cancel   context.CancelFunc

	mu       sync.Mutex
	callback string
	ahead    time.Duration // of base: what Advance has added
	serial   int64         // the last number given out
	token    tokenState
	people   map[string]*person
	order    []string // openids in the order the people came
	holder   string   // who holds the phone when no cookie says it
	media    map[string]medium
	tickets  map[string]ticket
	codes    map[string]oauthCode
	menu     menu
	faults   []Fault
	twice    int // how many deliveries are still to be delivered twice
	calls    map[string]int
	answers  map[answerKey]int
	sent     map[string]int64 // template messages by client_msg_id
	recent   []Logged
	changed  chan struct{}  // closed and replaced whenever a page may look different
	sending  sync.WaitGroup // deliveries nobody waits for
}

// Start runs a platform until Close.
func Start(c Config) (*Platform, error) {
	address := c.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("wechattest: %q is not an address of this machine", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("wechattest: %w", err)
	}
	p := newPlatform(c)
	handler, err := p.routes()
	if err != nil {
		return nil, err
	}
	p.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}}
	p.server.Start()
	p.URL = p.server.URL
	return p, nil
}

// New starts a platform for one test.
func New(t testing.TB, change ...func(*Config)) *Platform {
	t.Helper()
	c := Config{}
	for _, f := range change {
		f(&c)
	}
	p, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func newPlatform(c Config) *Platform {
	p := &Platform{
		AppID: or(c.AppID, "wx"+random(16)), Secret: or(c.Secret, random(32)), Token: or(c.Token, random(24)),
		AESKey: or(c.AESKey, aesKey()), Account: or(c.Account, "gh_"+random(12)), name: or(c.Name, "检验报告助手"),
		patience: c.Patience, base: c.Now, callback: c.Callback, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		people: map[string]*person{}, media: map[string]medium{}, tickets: map[string]ticket{}, codes: map[string]oauthCode{},
		calls: map[string]int{}, answers: map[answerKey]int{}, sent: map[string]int64{}, changed: make(chan struct{}),
		serial: 20_000_000_000_000_000,
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if p.patience == 0 {
		p.patience = 5 * time.Second
	}
	if p.base == nil {
		p.base = time.Now
	}
	return p
}

// Close stops the platform; deliveries that are on their way are given up.
func (p *Platform) Close() {
	p.mu.Lock()
	p.cancel()
	p.mu.Unlock()
	p.sending.Wait()
	p.server.CloseClientConnections()
	p.server.Close()
	p.client.CloseIdleConnections()
}

// SetCallback says where deliveries go from now on.
func (p *Platform) SetCallback(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.callback = address
}
