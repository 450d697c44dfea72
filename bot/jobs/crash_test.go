package jobs_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels"
)

// crashRun is how much the crash test does; CARELINE_PROVE=1 runs it in full.
func crashRun() (messages, conversations, kills int) {
	if os.Getenv("CARELINE_PROVE") != "" {
		return 1000, 40, 20
	}
	return 200, 20, 5
}

func TestMain(m *testing.M) {
	if dsn := os.Getenv("CARELINE_CRASH_WORKER"); dsn != "" {
		if err := crashWorker(dsn, os.Getenv("CARELINE_CRASH_KEYS"), os.Getenv("CARELINE_CRASH_FAR")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// echo answers a turn with the texts it was asked, so that what was answered can
// be counted.
type echo struct{}

func (echo) Decide(_ context.Context, t *bot.Turn, now time.Time) (bot.Decision, error) {
	var asked []string
	for _, m := range t.Messages {
		asked = append(asked, m.Text.Plain())
	}
	text := bot.T(strings.Join(asked, " "))
	return bot.Decision{
		Kind: bot.AnswerExplain, Author: bot.AuthorAssistant, Parts: []bot.Text{text}, Released: []bot.Hash{bot.HashOf(text)},
		Language: bot.Chinese, Verdict: bot.VerdictComposed, DecidedAt: now,
	}, nil
}

// page is a channel where a part is there once it is marked sent.
type page struct{}

func (page) Name() string                             { return "webchat" }
func (page) Limits() channels.Limits                  { return channels.Limits{Again: true} }
func (page) Send(context.Context, bot.Outbound) error { return nil }

// crashWorker is the child process: workers on a real database until killed. With
// an address its channel is there.
func crashWorker(dsn, keys, address string) error {
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
	config := jobs.Config{DB: db, Store: store.New(db, vault), Decider: echo{}, Adapters: []channels.Adapter{page{}}}
	if address != "" {
		config.Decider, config.Adapters = far{address}, []channels.Adapter{far{address}}
	}
	return jobs.New(config).Run(ctx)
}

func TestNothingIsLostDoubledOrReorderedWhenWorkersAreKilled(t *testing.T) {
	t.Parallel()
	messages, conversations, kills := crashRun()
	dsn := postgrestest.NewDSN(t)
	db, err := postgres.Open(t.Context(), dsn.Service, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	keys := storetest.Keys(t)
	s := storetest.On(t, db, keys)
	s.Timing = store.Timing{QuietAfter: 200 * time.Millisecond, BurstLimit: time.Second}

	var killing sync.WaitGroup
	pool := &workers{t: t, dsn: dsn.Service, keys: hex.EncodeToString(keys)}
	pool.start(2)
	killing.Go(func() {
		for range kills {
			time.Sleep(killEvery/2 + rand.N(killEvery))
			pool.killOne()
		}
	})
	post(t, s, messages, conversations, time.Duration(kills)*killEvery)
	killing.Wait()
	waitUntilAnswered(t, s)
	pool.stop()

	counted := count(t, db, conversations)
	t.Logf("%d messages over %d conversations, each posted twice, %d kill -9: recovery p99 %s", messages, conversations, kills, counted.p99.Round(time.Millisecond))
	if counted.answered != messages || counted.lost+counted.doubled+counted.reordered > 0 {
		t.Errorf("answered %d of %d: %d lost, %d doubled, %d out of order", counted.answered, messages, counted.lost, counted.doubled, counted.reordered)
	}
	if counted.p99 > 10*time.Second {
		t.Errorf("recovery p99 %s, want 10 s at most", counted.p99)
	}
}

// killEvery is the mean time between kills; posting lasts as long as the killing.
const killEvery = 300 * time.Millisecond

// post sends every message twice, in order within its conversation.
func post(t *testing.T, s *store.Store, messages, conversations int, over time.Duration) {
	t.Helper()
	var group sync.WaitGroup
	for c := range conversations {
		group.Go(func() {
			for n := range messages / conversations {
				for range 2 {
					in := bot.Inbound{
						Institution: storetest.Hospital, Channel: "webchat", ExternalID: bot.T(fmt.Sprintf("visitor-%d", c)),
						ProviderID: fmt.Sprintf("m%d", n), Kind: "text", Text: bot.T(fmt.Sprintf("c%d-%d", c, n)),
					}
					if _, err := s.Receive(t.Context(), in, bot.Trigger{}, nil, time.Now().UTC()); err != nil {
						t.Error(err)
						return
					}
				}
				time.Sleep(rand.N(2 * over / time.Duration(messages/conversations)))
			}
		})
	}
	group.Wait()
}

func waitUntilAnswered(t *testing.T, s *store.Store) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		depth, err := s.QueueDepth(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if depth == (store.Depth{}) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still waiting: %+v", depth)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

type tally struct {
	answered, lost, doubled, reordered int
	p99                                time.Duration
}

// count reads what every conversation shows and compares it with what was posted.
func count(t *testing.T, db *postgres.DB, conversations int) (sum tally) {
	t.Helper()
	var waits []time.Duration
	err := db.InRead(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `select e.conversation_id, o.text from events e join outbox o on o.institution_id = e.institution_id and o.id = e.outbox_id order by e.conversation_id, e.number`)
		if err != nil {
			return err
		}
		shown := map[int64][]string{}
		var conversation int64
		var text string
		if _, err := pgx.ForEachRow(rows, []any{&conversation, &text}, func() error {
			shown[conversation] = append(shown[conversation], strings.Fields(text)...)
			return nil
		}); err != nil {
			return err
		}
		rows, err = tx.Query(t.Context(), `select conversation_id, text, coalesce((select extract(epoch from min(o.sent_at) - i.received_at) from outbox o where o.decision_id = i.decision_id), -1)::float8
			from inbox i order by conversation_id, seq`)
		if err != nil {
			return err
		}
		posted := map[int64][]string{}
		var seconds float64
		if _, err := pgx.ForEachRow(rows, []any{&conversation, &text, &seconds}, func() error {
			posted[conversation] = append(posted[conversation], text)
			waits = append(waits, time.Duration(seconds*float64(time.Second)))
			return nil
		}); err != nil {
			return err
		}
		if len(posted) != conversations {
			t.Errorf("%d conversations, want %d", len(posted), conversations)
		}
		for c, want := range posted {
			sum.compare(want, shown[c])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(waits)
	sum.p99 = waits[len(waits)*99/100]
	return sum
}

func (sum *tally) compare(posted, shown []string) {
	times := map[string]int{}
	for _, text := range shown {
		times[text]++
	}
	for _, text := range posted {
		switch times[text] {
		case 0:
			sum.lost++
		case 1:
			sum.answered++
		default:
			sum.doubled++
		}
	}
	if sum.lost+sum.doubled == 0 && !slices.Equal(posted, shown) {
		sum.reordered++
	}
}

// workers are the child processes; a killed one is replaced at once.
type workers struct {
	t         *testing.T
	dsn, keys string
	far       string // where the channel is; "": a page
	mu        sync.Mutex
	running   []*exec.Cmd
	errors    []*bytes.Buffer
}

func (w *workers) start(n int) {
	for range n {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), "CARELINE_CRASH_WORKER="+w.dsn, "CARELINE_CRASH_KEYS="+w.keys, "CARELINE_CRASH_FAR="+w.far)
		said := &bytes.Buffer{}
		cmd.Stderr = said
		if err := cmd.Start(); err != nil {
			w.t.Error(err)
			return
		}
		w.mu.Lock()
		w.running, w.errors = append(w.running, cmd), append(w.errors, said)
		w.mu.Unlock()
	}
}

func (w *workers) killOne() {
	w.mu.Lock()
	victim := w.running[0]
	w.running = w.running[1:]
	w.mu.Unlock()
	if err := victim.Process.Kill(); err != nil {
		w.t.Error(err)
	}
	_ = victim.Wait()
	w.start(1)
}

func (w *workers) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, cmd := range w.running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	for _, said := range w.errors {
		if strings.Contains(said.String(), "panic") {
			w.t.Errorf("a worker panicked: %s", said)
		}
	}
}
