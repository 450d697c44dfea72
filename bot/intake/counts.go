package intake

import (
	"sync"
	"sync/atomic"
)

// Counts are what the command's metrics show.
type Counts struct {
	Connections atomic.Int64 // open MLLP connections
	mu          sync.Mutex
	outcomes    map[Outcome]int64
}

// Outcome is one way in with one end: {"mllp", "AA"}, {"api", "201"},
// {"folder", "done"}.
type Outcome struct{ Way, End string }

func (c *Counts) add(way, end string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outcomes == nil {
		c.outcomes = map[Outcome]int64{}
	}
	c.outcomes[Outcome{way, end}]++
}

// Outcomes are the counts since the process began.
func (c *Counts) Outcomes() map[Outcome]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[Outcome]int64, len(c.outcomes))
	for o, n := range c.outcomes {
		all[o] = n
	}
	return all
}
