package intake_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"careline/bot/intake"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// kills is how often the listener is killed; CARELINE_PROVE=1 runs it in full.
func kills() int {
	if os.Getenv("CARELINE_PROVE") != "" {
		return 50
	}
	return 5
}

func TestMain(m *testing.M) {
	if dsn := os.Getenv("CARELINE_INTAKE_CHILD"); dsn != "" {
		if err := child(dsn, os.Getenv("CARELINE_INTAKE_KEYS"), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child is a process that listens until it is killed; it prints its address.
func child(dsn, keys string, out io.Writer) error {
	raw, err := hex.DecodeString(keys)
	if err != nil {
		return err
	}
	vault, err := store.ParseVault(raw)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	db, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	in, err := intakeFor(store.New(db, vault), io.Discard)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	return (&intake.MLLP{Intake: in, Institution: storetest.Hospital}).Serve(ctx, l)
}

// children is the listener that runs now; a killed one is replaced at once.
type children struct {
	t         *testing.T
	dsn, keys string
	mu        sync.Mutex
	running   *exec.Cmd
	addr      string
}

func (c *children) start() {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "CARELINE_INTAKE_CHILD="+c.dsn, "CARELINE_INTAKE_KEYS="+c.keys)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		c.t.Error(err)
		return
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	c.running, c.addr = cmd, strings.TrimSpace(addr)
	c.mu.Unlock()
}

func (c *children) kill() {
	_ = c.running.Process.Kill()
	_ = c.running.Wait()
}

func (c *children) dial() (net.Conn, error) {
	c.mu.Lock()
	addr := c.addr
	c.mu.Unlock()
	return net.DialTimeout("tcp", addr, time.Second)
}

// TestEveryAcknowledgedMessageIsInWhenTheListenerIsKilled: senders repeat what was
// not acknowledged, as an interface engine does. What was acknowledged is in, and
// nothing is in twice.
func TestEveryAcknowledgedMessageIsInWhenTheListenerIsKilled(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.NewDSN(t)
	db, err := postgres.Open(t.Context(), dsn.Service, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	keys := storetest.Keys(t)
	storetest.On(t, db, keys)
	c := &children{t: t, dsn: dsn.Service, keys: hex.EncodeToString(keys)}
	c.start()
	ctx, cancel := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	acked := make([]atomic.Int64, 4)
	for s := range acked {
		senders.Go(func() { sendUntil(ctx, c, s, &acked[s]) })
	}
	// A kill falls into traffic: every sender was served since the one before.
	served := func() {
		before := make([]int64, len(acked))
		for s := range acked {
			before[s] = acked[s].Load()
		}
		for s := range acked {
			eventually(t, "a sender is served", func() bool { return acked[s].Load() > before[s] })
		}
	}
	for range kills() {
		served()
		time.Sleep(rand.N(100 * time.Millisecond))
		c.kill()
		c.start()
	}
	served()
	cancel()
	senders.Wait()
	c.kill()
	total := 0
	for s := range acked {
		n := int(acked[s].Load())
		total += n
		// Every sender sends its messages in order: those acknowledged are the first.
		if missing := missingReports(t, db, s, n); missing > 0 {
			t.Errorf("sender %d: %d of %d acknowledged messages are not in", s, missing, n)
		}
	}
	got := count(t, db)
	if got.Results != 8*got.Reports || got.Reports < total || got.Reports > total+len(acked) || got.Patients > len(acked) {
		t.Errorf("%d acknowledged; stored %+v", total, got)
	}
	t.Logf("%d kill -9, %d messages acknowledged, %d stored", kills(), total, got.Reports)
}

// sendUntil sends message after message and each until it is acknowledged.
func sendUntil(ctx context.Context, c *children, sender int, acked *atomic.Int64) {
	for ctx.Err() == nil {
		conn, err := c.dial()
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		for ctx.Err() == nil {
			ack, err := intake.Send(ctx, conn, message(fmt.Sprint(sender), fmt.Sprintf("%d-%d", sender, acked.Load())))
			if err != nil {
				break
			}
			if ack.Code == "AA" {
				acked.Add(1)
			}
		}
		_ = conn.Close()
	}
}
