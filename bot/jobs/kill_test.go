package jobs_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels"
)

// The moments at which a worker dies.
const (
	beforeAnswer = "between acknowledgement and answer"
	afterAnswer  = "between send and mark of an answer"
	afterUrgent  = "between send and mark of an emergency text"
)

// killsEach is how often a worker dies at each of the moments.
func killsEach() int {
	if os.Getenv("CARELINE_PROVE") != "" {
		return 50
	}
	return 4
}

// far is a channel and a decider in a child process that tells the test, at the
// address, what it is about to do or has just done: the test may kill it then.
type far struct{ address string }

func (f far) Name() string { return "wechat" }
func (f far) Limits() channels.Limits {
	return channels.Limits{Windows: []bot.Window{{Opening: bot.OpenedByWriting, For: 48 * time.Hour, Messages: 5, ForStaff: 2, ForSafety: 1}}}
}

func (f far) Send(ctx context.Context, out bot.Outbound) error {
	return f.tell(ctx, url.Values{"sent": {out.Text.Plain()}, "urgent": {strconv.FormatBool(out.Urgent)}})
}

func (f far) Decide(ctx context.Context, t *bot.Turn, now time.Time) (bot.Decision, error) {
	if err := f.tell(ctx, url.Values{"deciding": {t.Messages[0].Text.Plain()}}); err != nil {
		return bot.Decision{}, err
	}
	return echo{}.Decide(ctx, t, now)
}

func (f far) tell(ctx context.Context, what url.Values) error {
	what.Set("pid", strconv.Itoa(os.Getpid()))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.address, strings.NewReader(what.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// platform counts what arrives and kills who tells it, at chosen moments: each
// text kills at most once.
type platform struct {
	t        *testing.T
	mu       sync.Mutex
	came     map[string]int
	killed   map[string]bool
	left     map[string]int // kills still to come at a moment
	done     map[string]int
	replaced func(pid int)
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pid, err := strconv.Atoi(r.FormValue("pid"))
	if err != nil {
		p.t.Error(err)
		return
	}
	moment, text := beforeAnswer, r.FormValue("deciding")
	if text == "" {
		moment, text = afterAnswer, r.FormValue("sent")
		if r.FormValue("urgent") == "true" {
			moment = afterUrgent
		}
	}
	p.mu.Lock()
	if r.FormValue("sent") != "" {
		p.came[text]++
	}
	kill := p.left[moment] > 0 && !p.killed[moment+text]
	if kill {
		p.left[moment]--
		p.done[moment]++
		p.killed[moment+text] = true
	}
	p.mu.Unlock()
	if kill {
		p.replaced(pid)
	}
}

// replace kills the worker with a process id and starts another; one that is gone
// already was killed by another request of its own.
func (w *workers) replace(pid int) {
	w.mu.Lock()
	for i, cmd := range w.running {
		if cmd.Process.Pid == pid {
			w.running = append(w.running[:i:i], w.running[i+1:]...)
			_ = cmd.Process.Signal(syscall.SIGKILL)
			w.mu.Unlock()
			_ = cmd.Wait()
			w.start(1)
			return
		}
	}
	w.mu.Unlock()
}

func TestKilledAtTheWorstMomentsNothingIsLostAndNoOrdinaryAnswerComesTwice(t *testing.T) {
	t.Parallel()
	kills := killsEach()
	dsn := postgrestest.NewDSN(t)
	db, err := postgres.Open(t.Context(), dsn.Service, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	keys := storetest.Keys(t)
	s := storetest.On(t, db, keys)
	s.Channels = map[string]store.Channel{"wechat": {Windows: far{}.Limits().Windows}}
	s.Timing = store.Timing{QuietAfter: 10 * time.Millisecond, BurstLimit: time.Second}

	p := &platform{t: t, came: map[string]int{}, killed: map[string]bool{}, left: map[string]int{beforeAnswer: kills, afterAnswer: kills, afterUrgent: kills}, done: map[string]int{}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	pool := &workers{t: t, dsn: dsn.Service, keys: hex.EncodeToString(keys), far: server.URL}
	p.replaced = pool.replace
	pool.start(2)
	ordinary, dangers := 2*kills, kills
	for n := range ordinary {
		accept(t, s, fmt.Sprintf("answer-%d", n), bot.LevelNone)
		if n < dangers {
			accept(t, s, fmt.Sprintf("danger-%d", n), bot.LevelEmergency)
		}
	}
	waitUntilAnswered(t, s)
	pool.stop()

	// A worker that dies takes the sends beside it along: those that had not left
	// are unknown too, and stand so in the conversation for staff.
	lost, twice, undelivered, repeated, shown := 0, 0, 0, 0, unknown(t, db)
	for n := range ordinary {
		text := fmt.Sprintf("answer-%d", n)
		if p.came[text] == 0 && !slices.Contains(shown, text) {
			lost++
		}
		twice += max(0, p.came[text]-1)
	}
	for n := range dangers {
		undelivered += max(0, 1-p.came[fmt.Sprintf("danger-%d", n)])
		repeated += max(0, p.came[fmt.Sprintf("danger-%d", n)]-1)
	}
	t.Logf("kill -9 %s: %d; %s: %d; %s: %d. Of %d answers %d lost, %d came twice; of %d emergency texts %d undelivered, %d repeated; %d parts are shown as unknown",
		beforeAnswer, p.done[beforeAnswer], afterAnswer, p.done[afterAnswer], afterUrgent, p.done[afterUrgent], ordinary, lost, twice, dangers, undelivered, repeated, len(shown))
	if p.done[beforeAnswer] != kills || p.done[afterAnswer] != kills || p.done[afterUrgent] != kills {
		t.Errorf("killed %v times, want %d at each moment", p.done, kills)
	}
	if lost+twice+undelivered > 0 {
		t.Errorf("%d lost, %d twice, %d emergency texts undelivered", lost, twice, undelivered)
	}
}

// accept stores a message of a person of its own; a danger's text names it.
func accept(t *testing.T, s *store.Store, text string, level bot.Level) {
	t.Helper()
	in := bot.Inbound{Institution: storetest.Hospital, Channel: "wechat", ExternalID: bot.T(text), ProviderID: "m1", Kind: bot.MessageText, Text: bot.T(text), Opens: bot.OpenedByWriting}
	var urgent []bot.Text
	if level.Urgent() {
		urgent = []bot.Text{bot.T(text)}
	}
	if _, err := s.Receive(t.Context(), in, bot.Trigger{Level: level, Rule: "T0"}, urgent, time.Now().UTC()); err != nil {
		t.Fatal(err)
	}
}

// unknown are the texts shown in a conversation as perhaps not arrived.
func unknown(t *testing.T, db *postgres.DB) (texts []string) {
	t.Helper()
	err := db.InRead(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `select o.text from outbox o join events e on e.institution_id = o.institution_id and e.outbox_id = o.id where o.state = 'unknown'`)
		if err != nil {
			return err
		}
		texts, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
