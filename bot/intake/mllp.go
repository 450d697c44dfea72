package intake

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/retrieval/labs"
)

// MLLP takes HL7 v2 messages over TCP. A connection's messages are stored one
// after the other, each acknowledged after its commit: AA it is in (also what was
// quarantined: it is kept), AE try again later, AR never.
type MLLP struct {
	*Intake
	Institution bot.InstitutionID
	Allow       []netip.Prefix // who may connect; empty: everybody
	Limits      Limits
}

// Limits of a connection; zero fields are DefaultLimits'.
type Limits struct {
	Connections int           // open at the same time
	Message     int           // largest message, bytes
	Idle        time.Duration // between two messages
	Read        time.Duration // from a message's first byte to its last
	Store       time.Duration // to store one message
}

// DefaultLimits are what serve uses.
var DefaultLimits = Limits{Connections: 64, Message: 16 << 20, Idle: 30 * time.Minute, Read: 30 * time.Second, Store: 30 * time.Second}

func (l Limits) orDefault() Limits {
	if l == (Limits{}) {
		return DefaultLimits
	}
	return l
}

// writeWithin is how long a sender may take to receive its acknowledgement.
const writeWithin = 10 * time.Second

// Serve accepts connections until ctx ends; then it stores and acknowledges what
// has arrived whole, and closes.
func (m *MLLP) Serve(ctx context.Context, l net.Listener) error {
	m.Limits = m.Limits.orDefault()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	var open sync.WaitGroup
	defer open.Wait()
	slots := make(chan struct{}, m.Limits.Connections)
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // out of descriptors: others will close theirs
			m.Log.Warn("mllp: cannot accept a connection", "err", err)
			time.Sleep(100 * time.Millisecond)
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			m.Counts.add("mllp", "refused")
			_ = conn.Close()
			continue
		}
		open.Go(func() {
			defer func() { <-slots }()
			m.connection(ctx, conn)
		})
	}
}

func (m *MLLP) allowed(a net.Addr) bool {
	if len(m.Allow) == 0 {
		return true
	}
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return false
	}
	for _, p := range m.Allow {
		if p.Contains(at.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// connection answers one sender until it closes, is silent for too long, or
// sends what is no MLLP.
func (m *MLLP) connection(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	if !m.allowed(conn.RemoteAddr()) {
		m.Counts.add("mllp", "refused")
		m.Log.Warn("mllp: an address that is not allowed", "addr", conn.RemoteAddr().String())
		return
	}
	m.Counts.Connections.Add(1)
	defer m.Counts.Connections.Add(-1)
	// The end of the service interrupts a wait for bytes, not a message being stored.
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })()
	if err := m.handshake(ctx, conn); err != nil {
		m.Counts.add("mllp", "refused")
		m.Log.Warn("mllp: no TLS connection came about", "addr", conn.RemoteAddr().String())
		return
	}
	in := frames{bufio.NewReaderSize(conn, 32<<10), m.Limits.Message}
	for {
		raw, err := m.next(ctx, conn, in)
		if errors.Is(err, errTooLarge) {
			if !m.answer(conn, raw, "AR", "The message is too large.") {
				return
			}
			continue
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && ctx.Err() == nil {
				m.Counts.add("mllp", "broken")
				m.Log.Info("mllp: connection ended", "addr", conn.RemoteAddr().String(), "why", ending(err))
			}
			return
		}
		code, reason := m.take(ctx, conn, raw)
		if !m.answer(conn, raw, code, reason) {
			return
		}
	}
}

// handshake makes a TLS connection within the time of one message.
func (m *MLLP) handshake(ctx context.Context, conn net.Conn) error {
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, m.Limits.Read)
	defer cancel()
	return secure.HandshakeContext(ctx)
}

// ending names an error of a connection without quoting what was sent.
func ending(err error) string {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return "it was silent for too long"
	}
	if errors.Is(err, errGarbage) {
		return err.Error()
	}
	return "it broke"
}

func (m *MLLP) next(ctx context.Context, conn net.Conn, in frames) ([]byte, error) {
	wait := func(d time.Duration) error {
		if err := conn.SetReadDeadline(time.Now().Add(d)); err != nil {
			return err
		}
		return ctx.Err()
	}
	if err := wait(m.Limits.Idle); err != nil {
		return nil, err
	}
	if err := in.begin(); err != nil {
		return nil, err
	}
	if err := wait(m.Limits.Read); err != nil {
		return nil, err
	}
	return in.message()
}

// take stores one message. What has arrived whole is stored also when the
// service is told to end.
func (m *MLLP) take(ctx context.Context, conn net.Conn, raw []byte) (code, reason string) {
	head, ok := readHeader(raw)
	if !ok {
		return "AR", "This is no HL7 v2 message: it does not begin with an MSH segment."
	}
	if test, _ := tests(labs.Bytes("message.hl7", raw)); test {
		return "AA", "Test received; nothing was stored."
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.Limits.Store)
	defer cancel()
	source := head.Source()
	if source == "" {
		source = host(conn.RemoteAddr())
	}
	summary, err := m.deliver(ctx, delivery{
		Institution: m.Institution, Source: source, Format: "hl7", File: labs.Bytes("message.hl7", raw), Arrival: store.Arrival{Way: store.ByMLLP},
	})
	switch bot.KindOf(err) {
	case bot.KindInvalid:
		m.Log.Warn("mllp: message refused", "addr", conn.RemoteAddr().String(), cause(err))
		return "AR", sentence(err)
	}
	if err != nil {
		m.Log.Error("mllp: message not stored", "addr", conn.RemoteAddr().String(), cause(err))
		return "AE", sentence(err)
	}
	m.Log.Debug("mllp: message stored", slog.Int64("import", summary.Import))
	return "AA", ""
}

func host(a net.Addr) string {
	name, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return "mllp"
	}
	return name
}

// answer sends the acknowledgement; false ends the connection.
func (m *MLLP) answer(conn net.Conn, raw []byte, code, reason string) bool {
	m.Counts.add("mllp", code)
	if err := conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return false
	}
	_, err := conn.Write(framed(labs.Ack(raw, code, reason, time.Now())))
	return err == nil
}
