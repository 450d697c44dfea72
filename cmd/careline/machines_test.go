package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/intake"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// TestServeTakesMessagesAndRequestsOfMachines starts serve with an MLLP listener
// and sends the test message by both ways as its operator would.
func TestServeTakesMessagesAndRequestsOfMachines(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.NewDSN(t)
	s := &served{t: t, args: nil}
	addr, mllp := freeAddr(t), freeAddr(t)
	home := t.TempDir()
	global := []string{"--database-url", dsn.Service, "--migrate-url", dsn.Owner, "--home", home}
	s.addr = addr
	s.args = append([]string{"serve", "--addr", addr, "--metrics=", "--mllp", mllp}, global...)
	s.start()
	t.Cleanup(s.end)
	command := func(args ...string) (string, int) {
		out := &output{}
		code := run(t.Context(), append(args, global...), stdio{in: strings.NewReader(""), out: out, err: out})
		return out.String(), code
	}
	if said, code := command("feed", "send-test", "--mllp", mllp); code != 0 || !strings.HasPrefix(said, "AA Test received") {
		t.Errorf("by MLLP: %d %s", code, said)
	}
	if said, code := command("feed", "send-test", "--url", "http://"+addr, "--key", "clk_default_none"); code == 0 || !strings.Contains(said, "401") {
		t.Errorf("with a wrong key: %d %s", code, said)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestMLLPAsksSendersForTheirCertificate: with --mllp-client-ca a sender without
// one is not served.
func TestMLLPAsksSendersForTheirCertificate(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	c := mllpConfig{Addr: "127.0.0.1:0", TLSCert: cert, TLSKey: key, ClientCA: cert}
	l, err := c.listen()
	if err != nil {
		t.Fatal(err)
	}
	st, _ := storetest.New(t)
	in := &intake.Intake{Store: st, Log: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- (&intake.MLLP{Intake: in, Institution: storetest.Hospital}).Serve(ctx, l) }()
	defer func() { stop(); <-ended }()
	send := feedTestCmd{CA: cert, TLS: true}
	config, err := send.tls()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, with := range []bool{false, true} {
		config := config.Clone()
		if with {
			config.Certificates = []tls.Certificate{pair}
		}
		conn, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", l.Addr().String())
		if err == nil {
			_, err = intake.Send(t.Context(), conn, intake.TestMessage(time.Now()))
			_ = conn.Close()
		}
		if (err == nil) != with {
			t.Errorf("with a certificate %v: %v", with, err)
		}
	}
}

// certificate writes a self-signed pair for the loopback address.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestASilentFeedEndsACheckWithThree: monitoring tells silence from a failure.
func TestASilentFeedEndsACheckWithThree(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.NewDSN(t)
	home := t.TempDir()
	global := []string{"--database-url", dsn.Service, "--migrate-url", dsn.Owner, "--home", home}
	command := func(args ...string) (string, int) {
		out := &output{}
		code := run(t.Context(), append(args, global...), stdio{in: strings.NewReader(""), out: out, err: out})
		return out.String(), code
	}
	if said, code := command("db", "migrate"); code != 0 {
		t.Fatal(said)
	}
	admin(t, dsn.Admin, `insert into imports (institution_id, format, digest, source, kind, at)
		select 'default', 'hl7', '', 'LIS@HOSP', 'mllp', now() - n * interval '10 minutes' from generate_series(200, 1800) n`)
	said, code := command("feed", "status", "--check")
	if code != 3 || !strings.Contains(said, "SILENT") || !strings.Contains(said, "1 of 1 sources") {
		t.Errorf("%d\n%s", code, said)
	}
	if said, code := command("doctor"); code != 1 || !strings.Contains(said, "nothing from LIS@HOSP since") {
		t.Errorf("doctor: %d\n%s", code, said)
	}
	db, err := postgres.Open(t.Context(), dsn.Service, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	log := &output{}
	alarms := &intake.Alarms{Intake: &intake.Intake{Store: store.New(db, nil), Log: slog.New(slog.NewTextHandler(log, nil))}}
	for range 2 {
		if err := alarms.Look(t.Context(), time.Now().UTC()); err != nil {
			t.Fatal(err)
		}
	}
	if feeds := alarms.Feeds(); len(feeds) != 1 || !feeds[0].Silent || feeds[0].Institution != bot.InstitutionID("default") || strings.Count(log.String(), "feed silent") != 1 {
		t.Errorf("%+v\n%s", feeds, log)
	}
}
