package llm

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"careline/bot"
)

// admit waits for a place and checks the budget. The caller leaves the place.
func (c *Chat) admit(ctx context.Context, institution bot.InstitutionID, q question) (leave func(), outcome Outcome) {
	deadline, _ := ctx.Deadline()
	last := deadline.Add(-c.timings.Least)
	leave, outcome = c.places.take(ctx, institution, last)
	if outcome != OK {
		return nil, outcome
	}
	if c.budget == nil {
		return leave, OK
	}
	left, err := c.budget(ctx, institution)
	if err != nil || left < q.promptTokens()+q.maxTokens {
		leave()
		return nil, Spent
	}
	return leave, OK
}

// places are how many calls each institution may have under way: one that asks a
// lot does not keep the others waiting.
type places struct {
	size int64
	mu   *sync.Mutex
	of   map[bot.InstitutionID]*semaphore.Weighted
}

func newPlaces(size int) places {
	return places{int64(size), new(sync.Mutex), map[bot.InstitutionID]*semaphore.Weighted{}}
}

// take waits until last for a place.
func (p places) take(ctx context.Context, institution bot.InstitutionID, last time.Time) (leave func(), outcome Outcome) {
	p.mu.Lock()
	s, ok := p.of[institution]
	if !ok {
		s = semaphore.NewWeighted(p.size)
		p.of[institution] = s
	}
	p.mu.Unlock()
	if cause := context.Cause(ctx); cause != nil {
		return nil, ending(cause)
	}
	if time.Until(last) <= 0 {
		return nil, Timeout
	}
	waiting, cancel := context.WithDeadline(ctx, last)
	defer cancel()
	if s.Acquire(waiting, 1) != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, ending(cause)
		}
		return nil, Busy
	}
	return func() { s.Release(1) }, OK
}

type counts struct {
	mu sync.Mutex
	by map[Outcome]int
}

func (c *counts) add(o Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[Outcome]int{}
	}
	c.by[o]++
}

func (c *counts) snapshot() map[Outcome]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.by)
}
