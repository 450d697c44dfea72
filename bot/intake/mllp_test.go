package intake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/intake"
	"careline/bot/store/storetest"
	"careline/retrieval/labs"
)

// listening is an MLLP listener on loopback; stop ends it and waits.
func listening(t testing.TB, m *intake.MLLP) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Serve(ctx, l) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func send(t testing.TB, conn net.Conn, message []byte) intake.Acknowledgement {
	t.Helper()
	ack, err := intake.Send(t.Context(), conn, message)
	if err != nil {
		t.Fatal(err)
	}
	return ack
}

func TestAMessageIsStoredWhenItIsAcknowledged(t *testing.T) {
	t.Parallel()
	in, db, _ := newIntake(t)
	addr, _ := listening(t, &intake.MLLP{Intake: in, Institution: storetest.Hospital})
	conn := dial(t, addr)
	for n := range 3 {
		control := fmt.Sprintf("M%d", n)
		if ack := send(t, conn, message("1", control)); ack != (intake.Acknowledgement{Code: "AA", Control: control}) {
			t.Fatalf("acknowledged %+v", ack)
		}
		if c := count(t, db); c != (counted{n + 1, 1, n + 1, 8 * (n + 1)}) {
			t.Fatalf("after %d messages: %+v", n+1, c)
		}
	}
	if ack := send(t, conn, message("1", "M0")); ack.Code != "AA" {
		t.Errorf("sent again: %+v", ack)
	}
	if c := count(t, db); c != (counted{4, 1, 3, 24}) {
		t.Errorf("a message sent again is stored twice: %+v", c)
	}
}

func TestMessagesOfOneNewPatientMayComeAtOnce(t *testing.T) {
	t.Parallel()
	in, db, _ := newIntake(t)
	addr, _ := listening(t, &intake.MLLP{Intake: in, Institution: storetest.Hospital})
	var group sync.WaitGroup
	for n := range 6 {
		conn := dial(t, addr)
		group.Go(func() {
			if ack, err := intake.Send(t.Context(), conn, message("same", fmt.Sprintf("S%d", n))); err != nil || ack.Code != "AA" {
				t.Errorf("%+v, %v", ack, err)
			}
		})
	}
	group.Wait()
	if c := count(t, db); c.Patients != 1 || c.Reports != 6 {
		t.Errorf("stored %+v", c)
	}
}

func TestATestMessageIsAcknowledgedAndNotStored(t *testing.T) {
	t.Parallel()
	in, db, _ := newIntake(t)
	addr, _ := listening(t, &intake.MLLP{Intake: in, Institution: storetest.Hospital})
	ack := send(t, dial(t, addr), intake.TestMessage(time.Now()))
	if ack.Code != "AA" || !strings.Contains(ack.Reason, "Test received") {
		t.Errorf("acknowledged %+v", ack)
	}
	if c := count(t, db); c != (counted{}) {
		t.Errorf("stored %+v", c)
	}
}

// TestHostileMessagesAreRefused: each is answered AR or the connection ends, and
// the next sender is served.
func TestHostileMessagesAreRefused(t *testing.T) {
	t.Parallel()
	in, db, log := newIntake(t)
	m := &intake.MLLP{Intake: in, Institution: storetest.Hospital, Limits: intake.Limits{
		Connections: 32, Message: 1 << 20, Idle: 10 * time.Second, Read: 10 * time.Second, Store: 10 * time.Second}}
	addr, _ := listening(t, m)
	head := `MSH|^~\&|LIS|HOSP|||||ORU^R01|X1|P|2.5.1` + "\r"
	for name, content := range map[string]string{
		"empty":                  "",
		"not HL7":                "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"binary":                 strings.Repeat("\x00\xff", 5000),
		"JSON":                   `{"resourceType":"Bundle"}`,
		"another type":           strings.Replace(head, "ORU^R01", "ADT^A01", 1),
		"a header cut short":     `MSH|^~\&|` + canary,
		"a segment that is none": head + canary + "|1\r",
		"separators of letters":  "MSHA^~\\&ALIS\r",
		"too large":              head + strings.Repeat(canary, 1<<18),
		"ten thousand fields":    `MSH|^~\&` + strings.Repeat("|", 10_000) + "\r" + canary,
	} {
		ack := send(t, dial(t, addr), []byte(content))
		if ack.Code != "AR" || ack.Reason == "" || strings.Contains(ack.Reason, canary) {
			t.Errorf("%s: acknowledged %+v", name, ack)
		}
	}
	if c := count(t, db); c != (counted{}) {
		t.Errorf("stored %+v", c)
	}
	if ack := send(t, dial(t, addr), message("1", "G1")); ack.Code != "AA" {
		t.Errorf("a good message after them: %+v", ack)
	}
	if strings.Contains(log.String(), canary) {
		t.Errorf("the log quotes a message:\n%s", log)
	}
}

func TestAFaultThatPassesIsAnsweredTryAgain(t *testing.T) {
	t.Parallel()
	in, db, log := newIntake(t)
	addr, _ := listening(t, &intake.MLLP{Intake: in, Institution: storetest.Hospital})
	conn := dial(t, addr)
	if ack := send(t, conn, message("1", "A1")); ack.Code != "AA" {
		t.Fatalf("acknowledged %+v", ack)
	}
	in.Read = func(*labs.Catalogue, labs.Source, labs.Options, bot.ImportSink) (bot.ImportHead, error) {
		panic(canary)
	}
	if ack := send(t, conn, message("1", "A2")); ack.Code != "AE" {
		t.Errorf("a panic: %+v", ack)
	}
	db.Close()
	if ack := send(t, conn, message("1", "A3")); ack.Code != "AE" || ack.Control != "A3" {
		t.Errorf("the database is down: %+v", ack)
	}
	if strings.Contains(log.String(), canary) {
		t.Errorf("the log quotes a message:\n%s", log)
	}
}

func TestASlowOrSilentSenderLosesItsConnection(t *testing.T) {
	t.Parallel()
	in, _, _ := newIntake(t)
	m := &intake.MLLP{Intake: in, Institution: storetest.Hospital, Limits: intake.Limits{
		Connections: 2, Message: 1 << 20, Idle: 300 * time.Millisecond, Read: 300 * time.Millisecond, Store: 10 * time.Second}}
	addr, _ := listening(t, m)
	silent, slow := dial(t, addr), dial(t, addr)
	eventually(t, "both are connected", func() bool { return in.Counts.Connections.Load() == 2 })
	third := dial(t, addr)
	if _, err := third.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && err == nil {
		t.Error("a connection too many was served")
	}
	begun := time.Now()
	for _, c := range append([]byte("\x0b"), message("1", "slow")...) {
		if _, err := slow.Write([]byte{c}); err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
		if time.Since(begun) > 5*time.Second {
			t.Fatal("a byte at a time holds a connection")
		}
	}
	if _, err := silent.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a silent connection: %v", err)
	}
	eventually(t, "both are gone", func() bool { return in.Counts.Connections.Load() == 0 })
}

func TestOnlyAllowedAddressesAreServed(t *testing.T) {
	t.Parallel()
	in, _, _ := newIntake(t)
	for allow, served := range map[string]bool{"127.0.0.0/8": true, "10.0.0.0/8": false} {
		addr, _ := listening(t, &intake.MLLP{Intake: in, Institution: storetest.Hospital, Allow: []netip.Prefix{netip.MustParsePrefix(allow)}})
		_, err := intake.Send(t.Context(), dial(t, addr), intake.TestMessage(time.Now()))
		if (err == nil) != served {
			t.Errorf("allow %s: %v", allow, err)
		}
	}
}

func TestTheMessageBeingStoredIsAcknowledgedBeforeTheEnd(t *testing.T) {
	t.Parallel()
	in, db, _ := newIntake(t)
	reading, goOn := make(chan struct{}), make(chan struct{})
	inner := in.Read
	in.Read = func(c *labs.Catalogue, f labs.Source, o labs.Options, to bot.ImportSink) (bot.ImportHead, error) {
		close(reading)
		<-goOn
		return inner(c, f, o, to)
	}
	addr, stop := listening(t, &intake.MLLP{Intake: in, Institution: storetest.Hospital})
	idle, busy := dial(t, addr), dial(t, addr)
	acked := make(chan intake.Acknowledgement, 1)
	go func() {
		ack, err := intake.Send(context.Background(), busy, message("1", "last"))
		if err != nil {
			t.Error(err)
		}
		acked <- ack
	}()
	<-reading
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("an idle connection at the end: %v", err)
	}
	select {
	case <-stopped:
		t.Fatal("the end did not wait for the message")
	case <-time.After(50 * time.Millisecond):
	}
	close(goOn)
	if ack := <-acked; ack.Code != "AA" {
		t.Errorf("acknowledged %+v", ack)
	}
	<-stopped
	if c := count(t, db); c.Reports != 1 {
		t.Errorf("stored %+v", c)
	}
}
