package wecom

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"careline/bot"
)

const (
	pollEvery    = 30 * time.Second // finds what a lost callback would have told
	longestWait  = 30 * time.Second // after an error
	tokenLives   = 10 * time.Minute // the token of a callback (document 31078)
	historyReach = 10 * time.Minute
)

// Puller reads one account: what patients wrote goes to Receive in its order. Where
// it stopped, by an error or a crash, it reads again from the stored cursor; a
// message that comes twice has the same provider id.
type Puller struct {
	Adapter *Adapter
	// Receive stores a message, and with it the cursor if it carries one. It says
	// whether a person answers the conversation in the WeCom app.
	Receive func(ctx context.Context, in bot.Inbound, now time.Time) (elsewhere bool, err error)
	// Cursor is how far the account has been read, "" if it never was.
	Cursor func(ctx context.Context, openKFID string) (string, error)
	// SaveCursor stores how far it was read where no message does.
	SaveCursor func(ctx context.Context, c bot.Cursor) error
	// Failed records that the platform could not deliver a part it had taken.
	Failed func(ctx context.Context, part bot.MessageID, why string) error
	// Replied records that a servicer has written to the patient in the WeCom app.
	Replied func(ctx context.Context, external bot.Text) error
	Log     *slog.Logger

	slots chan struct{} // shared by all pullers of the process
	woken chan struct{}
	every time.Duration

	mu      sync.Mutex
	token   string
	tokenAt time.Time

	size    int               // items asked for at once
	inDoubt map[bot.Text]bool // who may be with a servicer no longer
}

func (p *Puller) wake(token string) {
	p.mu.Lock()
	if token != "" {
		p.token, p.tokenAt = token, p.Adapter.Now()
	}
	p.mu.Unlock()
	select {
	case p.woken <- struct{}{}:
	default: // it looks again anyway when it has finished
	}
}

// callbackToken lifts the limit on pulling while it is good.
func (p *Puller) callbackToken() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Adapter.Now().Sub(p.tokenAt) >= tokenLives {
		return ""
	}
	return p.token
}

func (p *Puller) dropToken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.token = ""
}

// run reads when it is woken, and every 30 s. After an error it waits longer each
// time; a callback ends every wait.
func (p *Puller) run(ctx context.Context) error {
	failures := 0
	for {
		err := p.pull(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := p.every
		if err != nil {
			wait = min(time.Second<<min(failures, 6), longestWait)
			failures++
			p.Log.Warn("an account of WeCom could not be read", "institution", p.Adapter.Account.Institution, "error", err, "again_in", wait)
		} else {
			failures = 0
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.woken:
		case <-time.After(wait):
		}
	}
}

// pull reads all pages there are.
func (p *Puller) pull(ctx context.Context) error {
	cursor, err := p.Cursor(ctx, p.Adapter.Account.OpenKFID)
	if err != nil {
		return fmt.Errorf("wecom: read the cursor: %w", err)
	}
	first := cursor == ""
	for {
		got, err := p.sync(ctx, cursor)
		if err != nil {
			return err
		}
		if got.NextCursor == cursor {
			break // nothing new
		}
		if err := p.take(ctx, got, first); err != nil {
			return err
		}
		if cursor = got.NextCursor; got.HasMore == 0 {
			break
		}
	}
	return p.settleDoubts(ctx)
}

// settleDoubts asks for each patient who wrote while a servicer was said to answer
// whether one still does.
func (p *Puller) settleDoubts(ctx context.Context) error {
	for external := range p.inDoubt {
		if err := p.Adapter.refresh(ctx, external); err != nil {
			return err
		}
		delete(p.inDoubt, external)
	}
	return nil
}
