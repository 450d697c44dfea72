package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"careline/bot"
	"careline/bot/intake"
	"careline/retrieval/labs"
)

// mllpConfig is where and from whom HL7 v2 messages are taken.
type mllpConfig struct {
	Addr        string   `help:"Address to take HL7 v2 messages at over MLLP, such as :2575; empty: none." env:"CARELINE_MLLP" name:"mllp"`
	TLSCert     string   `help:"TLS certificate file of the MLLP listener." env:"CARELINE_MLLP_TLS_CERT" name:"mllp-tls-cert" type:"path"`
	TLSKey      string   `help:"TLS key file of the MLLP listener." env:"CARELINE_MLLP_TLS_KEY" name:"mllp-tls-key" type:"path"`
	ClientCA    string   `help:"File of certificates that sign the senders' own; with it only such senders are served." env:"CARELINE_MLLP_CLIENT_CA" name:"mllp-client-ca" type:"path"`
	Institution string   `help:"Institution the messages belong to (default: the only one)." env:"CARELINE_MLLP_INSTITUTION" name:"mllp-institution"`
	Allow       []string `help:"Networks that may connect, such as 10.1.0.0/16 (default: all)." env:"CARELINE_MLLP_ALLOW" name:"mllp-allow"`
	Plain       bool     `help:"Listen without TLS on an address that others can reach: patients' results cross the network readable." env:"CARELINE_MLLP_PLAIN" name:"mllp-plain"`
}

func (c mllpConfig) validate() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--mllp-tls-cert and --mllp-tls-key belong together")
	}
	if c.ClientCA != "" && c.TLSCert == "" {
		return errors.New("--mllp-client-ca needs --mllp-tls-cert and --mllp-tls-key")
	}
	if c.Addr != "" && c.TLSCert == "" && !c.Plain && !loopback(c.Addr) {
		return errors.New("--mllp on an address that others can reach needs TLS (--mllp-tls-cert, --mllp-tls-key); --mllp-plain does without, in a network you trust")
	}
	_, err := c.allow()
	return err
}

func (c mllpConfig) allow() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range c.Allow {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("--mllp-allow: %q is no network such as 10.1.0.0/16", text)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// listen is nil when no MLLP is wanted.
func (c mllpConfig) listen() (net.Listener, error) {
	if c.Addr == "" {
		return nil, nil
	}
	var secure *tls.Config
	if c.TLSCert != "" {
		var err error
		if secure, err = c.tls(); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", c.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, bot.Errorf(bot.KindUnavailable, fmt.Sprintf("%s is in use by another program. Stop it, or choose another address with --mllp.", c.Addr), "mllp: listen: %w", err)
	}
	if err != nil {
		return nil, bot.Errorf(bot.KindInvalid, fmt.Sprintf("Cannot listen on %s.", c.Addr), "mllp: listen: %w", err)
	}
	if secure != nil {
		return tls.NewListener(l, secure), nil
	}
	return l, nil
}

func (c mllpConfig) tls() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, bot.Errorf(bot.KindInvalid, "The MLLP listener's certificate and key cannot be read, or do not belong together.", "mllp: key pair: %w", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if c.ClientCA != "" {
		raw, err := os.ReadFile(c.ClientCA)
		config.ClientCAs = x509.NewCertPool()
		if err != nil || !config.ClientCAs.AppendCertsFromPEM(raw) {
			return nil, bot.Errorf(bot.KindInvalid, "--mllp-client-ca holds no certificate.", "mllp: client CA: %w", err)
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config, nil
}

// intake is how results from machines come in.
func (a *app) intake(log *slog.Logger) *intake.Intake {
	return &intake.Intake{
		Store: a.store, Catalogue: a.catalogue, Read: labs.Read, Log: log,
	}
}

// lookEvery is how often silent sources are looked for.
const lookEvery = time.Minute

// machines starts what takes messages beside HTTP, and the watch over all sources.
func (c serveCmd) machines(ctx context.Context, group *errgroup.Group, g *global, a *app, l net.Listener, in *intake.Intake, alarms *intake.Alarms) error {
	look := func() error { alarms.Run(ctx, lookEvery); return nil }
	if l == nil {
		group.Go(look)
		return nil
	}
	to := *g
	if c.MLLP.Institution != "" {
		to.Institution = c.MLLP.Institution
	}
	inst, err := a.institution(ctx, &to)
	if err != nil {
		return err
	}
	allow, err := c.MLLP.allow()
	if err != nil {
		return err
	}
	m := &intake.MLLP{Intake: in, Institution: inst.ID, Allow: allow}
	group.Go(look)
	group.Go(func() error { return m.Serve(ctx, l) })
	return nil
}
