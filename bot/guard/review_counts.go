package guard

import (
	"maps"
	"sync"

	"careline/bot"
)

// Counts is how many drafts were reviewed, how many of them were accepted, and
// how many each check stopped; one draft can fail several checks.
type Counts struct {
	Reviews  int64
	Accepted int64
	Checks   map[string]int64 // by id: "V1"
}

type counter struct {
	mu     sync.Mutex
	counts Counts
}

// Counts is a snapshot since the guard was loaded, with every check in it.
func (g *Guard) Counts() Counts {
	g.counts.mu.Lock()
	defer g.counts.mu.Unlock()
	snapshot := g.counts.counts
	snapshot.Checks = map[string]int64{}
	for _, c := range checks() {
		snapshot.Checks[c.id] = 0
	}
	maps.Copy(snapshot.Checks, g.counts.counts.Checks)
	return snapshot
}

func (c *counter) add(violations []bot.Violation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Reviews++
	if len(violations) == 0 {
		c.counts.Accepted++
	}
	if c.counts.Checks == nil {
		c.counts.Checks = map[string]int64{}
	}
	failed := map[string]bool{}
	for _, v := range violations {
		if !failed[v.Check] {
			failed[v.Check] = true
			c.counts.Checks[v.Check]++
		}
	}
}
