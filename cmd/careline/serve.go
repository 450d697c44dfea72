package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"careline/bot"
	"careline/bot/intake"
	"careline/bot/jobs"
	"careline/bot/store"
	"careline/channels/webchat"
)

type serveCmd struct {
	Addr       string        `help:"Address to listen on." env:"CARELINE_ADDR" default:"localhost:8080"`
	PublicURL  string        `help:"Address patients reach the service at, such as https://care.example.org." env:"CARELINE_PUBLIC_URL" name:"public-url"`
	TLSCert    string        `help:"TLS certificate file; with --tls-key the service speaks HTTPS itself." env:"CARELINE_TLS_CERT" name:"tls-cert" type:"path"`
	TLSKey     string        `help:"TLS key file." env:"CARELINE_TLS_KEY" name:"tls-key" type:"path"`
	Metrics    string        `help:"Loopback address for Prometheus metrics; empty: none." env:"CARELINE_METRICS" default:"localhost:9090"`
	Role       string        `help:"What this process does: all, web or worker." env:"CARELINE_ROLE" enum:"all,web,worker" default:"all"`
	Demo       bool          `help:"Load the demo institution with invented people (loopback only)." env:"CARELINE_DEMO"`
	Workers    int           `help:"Turns answered at the same time." env:"CARELINE_WORKERS" default:"4"`
	QuietAfter time.Duration `help:"A burst of messages is answered this long after the last one." env:"CARELINE_QUIET_AFTER" default:"2.5s"`
	MLLP       mllpConfig    `embed:""`
	BurstLimit time.Duration `help:"A burst of messages is answered at the latest this long after the first one." env:"CARELINE_BURST_LIMIT" default:"8s"`
}

// Validate checks the configuration together before anything starts.
func (c serveCmd) Validate() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key belong together")
	}
	if c.Metrics != "" && !loopback(c.Metrics) {
		return errors.New("--metrics must be a loopback address such as localhost:9090: metrics are not for the public")
	}
	if c.Workers < 1 || c.Workers > 64 {
		return errors.New("--workers lies between 1 and 64")
	}
	if c.QuietAfter < 0 || c.BurstLimit < c.QuietAfter {
		return errors.New("--burst-limit must not be shorter than --quiet-after")
	}
	return c.MLLP.validate()
}

// Run serves until the context ends, then lets running turns finish.
func (c serveCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	var listener net.Listener
	if c.Role != "worker" {
		var err error
		if listener, err = c.listen(); err != nil {
			return err
		}
		defer listener.Close()
	}
	messages, err := c.MLLP.listen()
	if err != nil {
		return err
	}
	if messages != nil {
		defer messages.Close()
	}
	a, err := g.openMigrated(ctx, log, c.Demo)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.checkKeys(ctx); err != nil {
		return err
	}
	people, err := c.demo(ctx, io, a)
	if err != nil {
		return err
	}
	a.store.Timing = store.Timing{QuietAfter: c.QuietAfter, BurstLimit: c.BurstLimit}
	group, ctx := errgroup.WithContext(ctx)
	phone, err := c.openChannels(ctx, g, a, listener, log)
	if err != nil {
		return err
	}
	runner := a.runner(log, c.Workers)
	in := a.intake(log)
	if err := c.background(ctx, group, g, a, runner, in, messages, log); err != nil {
		return err
	}
	if c.Role != "worker" {
		handler, err := c.handler(a, runner, in, people, log)
		if err != nil {
			return err
		}
		group.Go(func() error { return c.http(ctx, listener, handler) })
	}
	c.ready(io, listener, people, phone)
	err = group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// background starts everything but the pages: turns, messages of machines, metrics.
func (c serveCmd) background(ctx context.Context, group *errgroup.Group, g *global, a *app, runner *jobs.Runner, in *intake.Intake, messages net.Listener, log *slog.Logger) error {
	alarms := &intake.Alarms{Intake: in}
	if err := c.machines(ctx, group, g, a, messages, in, alarms); err != nil {
		return err
	}
	if c.Role != "web" {
		group.Go(func() error { return runner.Run(ctx) })
	} else {
		group.Go(func() error { return runner.Listen(ctx) })
	}
	if a.wecom != nil {
		group.Go(func() error { return a.wecom.pullers.Run(ctx) })
	}
	if c.Metrics != "" {
		group.Go(func() error { return serveMetrics(ctx, c.Metrics, a, alarms, log) })
	}
	return nil
}

// listen takes the address first, so that a port in use stops nothing half-way.
func (c serveCmd) listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", c.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, bot.Errorf(bot.KindUnavailable,
			fmt.Sprintf("%s is in use by another program. Stop it, or choose another address with --addr.", c.Addr), "listen: %w", err)
	}
	if err != nil {
		return nil, bot.Errorf(bot.KindInvalid, fmt.Sprintf("Cannot listen on %s.", c.Addr), "listen: %w", err)
	}
	return listener, nil
}

// ready prints where to go.
func (c serveCmd) ready(io stdio, l net.Listener, people []webchat.DemoPerson, phone string) {
	if l == nil {
		fmt.Fprintln(io.out, "Careline's worker is ready.")
		return
	}
	address := c.address(l)
	if len(people) > 0 {
		fmt.Fprintf(io.out, "  demo      %s/demo\n  patients  %s/w/%s\n  staff     %s/staff/%s\n\n", address, address, demoID, address, demoID)
	}
	if phone != "" {
		fmt.Fprintf(io.out, "  WeChat    %s  (a phone to play with; nothing leaves this machine)\n\n", phone)
	}
	fmt.Fprintf(io.out, "Careline is ready on %s\n", address)
}

func (c serveCmd) http(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close()
		}
	})
	defer stopped()
	var err error
	if c.TLSCert != "" {
		err = server.ServeTLS(l, c.TLSCert, c.TLSKey)
	} else {
		err = server.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// address is what to type into a browser.
func (c serveCmd) address(l net.Listener) string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	host, _, errConfigured := net.SplitHostPort(c.Addr)
	if err != nil || errConfigured != nil || host == "" {
		return scheme + "://" + l.Addr().String()
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// loopback reports whether an address can be reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
