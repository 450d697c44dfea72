package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/intake"
)

type feedTestCmd struct {
	MLLP string `help:"Host and port of an MLLP listener." name:"mllp" xor:"to"`
	TLS  bool   `help:"Speak TLS to the MLLP listener." name:"tls"`
	CA   string `help:"File of certificates to trust instead of the system's." name:"ca" type:"path"`
	URL  string `help:"Address of the service, such as https://care.example.org." name:"url" xor:"to"`
	Key  string `help:"API key, with --url." env:"CARELINE_API_KEY" name:"key"`
}

// testWithin is how long an acknowledgement may take.
const testWithin = 30 * time.Second

// Run sends an invented report that is marked as a test: it is acknowledged and
// not stored.
func (c feedTestCmd) Run(ctx context.Context, std stdio) error {
	ctx, cancel := context.WithTimeout(ctx, testWithin)
	defer cancel()
	message := intake.TestMessage(time.Now())
	switch {
	case c.MLLP != "":
		return c.mllp(ctx, std, message)
	case c.URL != "":
		return c.http(ctx, std, message)
	}
	return bot.Errorf(bot.KindInvalid, "Say where to: --mllp host:port or --url address.", "feed send-test: no address")
}

func (c feedTestCmd) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		raw, err := os.ReadFile(c.CA)
		config.RootCAs = x509.NewCertPool()
		if err != nil || !config.RootCAs.AppendCertsFromPEM(raw) {
			return nil, bot.Errorf(bot.KindInvalid, "--ca holds no certificate.", "feed send-test: CA: %w", err)
		}
	}
	return config, nil
}

func (c feedTestCmd) mllp(ctx context.Context, std stdio, message []byte) error {
	config, err := c.tls()
	if err != nil {
		return err
	}
	var dialer interface {
		DialContext(context.Context, string, string) (net.Conn, error)
	} = &net.Dialer{}
	if c.TLS {
		dialer = &tls.Dialer{Config: config}
	}
	conn, err := dialer.DialContext(ctx, "tcp", c.MLLP)
	if err != nil {
		return bot.Errorf(bot.KindUnavailable, fmt.Sprintf("%s does not answer.", c.MLLP), "feed send-test: %w", err)
	}
	defer conn.Close()
	begun := time.Now()
	ack, err := intake.Send(ctx, conn, message)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s %s (message %s, %s)\n", ack.Code, ack.Reason, ack.Control, time.Since(begun).Round(time.Millisecond))
	if ack.Code != "AA" {
		return bot.Errorf(bot.KindConflict, "The test message was not accepted.", "feed send-test: %s", ack.Code)
	}
	return nil
}

func (c feedTestCmd) http(ctx context.Context, std stdio, message []byte) error {
	config, err := c.tls()
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(c.URL, "/")+"/api/v1/results", bytes.NewReader(message))
	if err != nil {
		return bot.Errorf(bot.KindInvalid, "--url is no address.", "feed send-test: %w", err)
	}
	request.Header.Set("Content-Type", "application/hl7-v2")
	request.Header.Set("Authorization", "Bearer "+c.Key)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, Proxy: http.ProxyFromEnvironment}}
	answer, err := client.Do(request)
	if err != nil {
		return bot.Errorf(bot.KindUnavailable, fmt.Sprintf("%s does not answer.", c.URL), "feed send-test: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return bot.Errorf(bot.KindUnavailable, "The answer broke off.", "feed send-test: %w", err)
	}
	fmt.Fprintf(std.out, "%s\n%s\n", answer.Status, body)
	if answer.StatusCode >= http.StatusBadRequest {
		return bot.Errorf(bot.KindConflict, "The test message was not accepted.", "feed send-test: %d", answer.StatusCode)
	}
	return nil
}
