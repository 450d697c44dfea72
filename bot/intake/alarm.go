package intake

import (
	"context"
	"sync"
	"time"

	"careline/bot/store"
)

// Alarms looks for sources that are silent for longer than they usually are.
type Alarms struct {
	*Intake

	mu    sync.Mutex
	feeds []store.Feed
}

// Run looks every so often until ctx ends. Each silence is logged once, whichever
// process sees it first.
func (a *Alarms) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := a.Look(ctx, time.Now().UTC()); err != nil && ctx.Err() == nil {
			a.Log.Warn("feeds: not looked at", cause(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look judges every source of every institution.
func (a *Alarms) Look(ctx context.Context, now time.Time) error {
	institutions, err := a.Store.Institutions(ctx)
	if err != nil {
		return err
	}
	var all []store.Feed
	for _, inst := range institutions {
		feeds, err := a.Store.Feeds(ctx, inst, now)
		if err != nil {
			return err
		}
		all = append(all, feeds...)
		for _, f := range feeds {
			if err := a.alarm(ctx, f, now); err != nil {
				return err
			}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.feeds = all
	return nil
}

func (a *Alarms) alarm(ctx context.Context, f store.Feed, now time.Time) error {
	if !f.Silent || f.AlarmedAt != nil && f.AlarmedAt.After(f.LastAt) {
		return nil
	}
	first, err := a.Store.Alarm(ctx, f.Institution, f.Source, f.LastAt, now)
	if first {
		a.Log.Error("feed silent beyond its usual gap", "institution", string(f.Institution), "source", f.Source,
			"last", f.LastAt, "usual_gap", f.Usual.String())
	}
	return err
}

// Feeds are the sources as last seen.
func (a *Alarms) Feeds() []store.Feed {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.feeds
}
