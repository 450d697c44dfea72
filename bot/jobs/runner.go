// Package jobs runs what happens in the background: turns are answered, parts
// are sent, new results are triaged, the library is re-embedded.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/channels"
)

// Decider takes a turn to a decision; *turn.Engine is one.
type Decider interface {
	Decide(ctx context.Context, t *bot.Turn, now time.Time) (bot.Decision, error)
}

// Config is what a Runner needs.
type Config struct {
	DB       *postgres.DB
	Store    *store.Store
	Decider  Decider
	Adapters []channels.Adapter
	// Apology is what a patient reads after a turn failed three times.
	Apology func(bot.Language) (bot.Text, error)
	// Triage looks at a report's new results; nil: none here.
	Triage func(context.Context, store.TriageReport, time.Time) error
	// Notices tells conversations of corrections and of bindings that ended; nil: none here.
	Notices *Notices
	// Media fetches pictures and voice, from the adapters that are a channels.Library;
	// nil: none here.
	Media   *Media
	Workers int // turns answered at the same time, 4 by default
	Lease   time.Duration
	Poll    time.Duration
	Now     func() time.Time
	Log     *slog.Logger
}

// Runner is the background side of one process.
type Runner struct {
	Config
	*Hub
	holder string
	pauses pauses
	turns  chan struct{} // wakes a turn worker
	sends  chan struct{} // wakes a send worker
}

// New returns a Runner.
func New(c Config) *Runner {
	if c.Workers == 0 {
		c.Workers = 4
	}
	if c.Lease == 0 {
		// With a send's lease behind it, a message whose workers died twice still
		// arrives within ten seconds. A heartbeat keeps the lease of one that lives;
		// should it be lost all the same, Finish refuses the second answer.
		c.Lease = 2 * time.Second
	}
	if c.Poll == 0 {
		c.Poll = time.Second
	}
	if c.Now == nil {
		c.Now = func() time.Time { return time.Now().UTC() }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Runner{
		Config: c, Hub: newHub(), turns: make(chan struct{}, 1), sends: make(chan struct{}, 1),
		holder: fmt.Sprintf("%s/%d/%d", host, os.Getpid(), time.Now().UnixNano()),
	}
}

// Run works until the context ends. A worker that meets an error says so and
// goes on: the database may be back in a second.
func (r *Runner) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.Listen(ctx) })
	for n := range r.Workers {
		group.Go(func() error { return r.loop(ctx, fmt.Sprintf("turn/%d", n), r.turns, r.answerOne) })
		group.Go(func() error { return r.loop(ctx, fmt.Sprintf("send/%d", n), r.sends, r.sendOne) })
	}
	if r.Triage != nil {
		group.Go(func() error { return r.river(ctx) })
	}
	return group.Wait()
}

// loop calls one until nothing is due, then waits for a signal or the poll.
func (r *Runner) loop(ctx context.Context, name string, wake chan struct{}, one func(context.Context, string) (bool, error)) error {
	holder := r.holder + "/" + name
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		worked, err := one(ctx, holder)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			r.Log.Error("background work failed", "worker", name, "err", err)
		}
		if worked {
			signal(wake) // there may be more: let another worker look too
			continue
		}
		timer.Reset(r.nextLook(err))
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-timer.C:
		}
	}
}

// nextLook is the poll, and longer after an error: the database may need a moment.
func (r *Runner) nextLook(err error) time.Duration {
	if err != nil {
		return 2 * r.Poll
	}
	return r.Poll
}

// signal wakes one waiting worker; a signal that is already there is enough.
func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// Hub tells pages that a conversation may hold something new.
type Hub struct {
	mu       sync.Mutex
	watchers map[watched]map[chan struct{}]bool
}

type watched struct {
	institution  bot.InstitutionID
	conversation bot.ConversationID
}

func newHub() *Hub { return &Hub{watchers: map[watched]map[chan struct{}]bool{}} }

// Watch signals on wake whenever the conversation changed, until stop is called.
// Conversation 0 is the whole institution: the staff's queue.
func (h *Hub) Watch(id bot.InstitutionID, conversation bot.ConversationID) (wake <-chan struct{}, stop func()) {
	key, ch := watched{id, conversation}, make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers[key] == nil {
		h.watchers[key] = map[chan struct{}]bool{}
	}
	h.watchers[key][ch] = true
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers[key], ch)
		if len(h.watchers[key]) == 0 {
			delete(h.watchers, key)
		}
	}
}

func (h *Hub) changed(id bot.InstitutionID, conversation bot.ConversationID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range []watched{{id, conversation}, {id, 0}} {
		for ch := range h.watchers[key] {
			signal(ch)
		}
	}
}

// everything wakes every watcher: after a lost connection anything may have changed.
func (h *Hub) everything() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, watchers := range h.watchers {
		for ch := range watchers {
			signal(ch)
		}
	}
}

var errPanic = errors.New("jobs: panic")
