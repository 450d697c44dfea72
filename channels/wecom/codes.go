package wecom

import (
	"sync"
	"time"
)

// occasion is what a code was given for. A code lets one text leave where send_msg
// may not (document 96428).
type occasion int

const (
	entering  occasion = iota // the patient opened the chat and has written nothing yet
	inService                 // the session went to the pool or to a servicer
)

// lives is how long a code may be used.
var lives = map[occasion]time.Duration{entering: 20 * time.Second, inService: 48 * time.Hour}

// codes are kept in memory only: a greeting without its code waits for the
// patient's message, and where a servicer is in the chat a person has read it.
type codes struct {
	mu  sync.Mutex
	all map[occasion]map[string]code // by the patient's external_userid
}

type code struct {
	value string
	until time.Time
}

func (c *codes) put(o occasion, external, value string, now time.Time) {
	if value == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[occasion]map[string]code{entering: {}, inService: {}}
	}
	for known, k := range c.all[o] {
		if !now.Before(k.until) {
			delete(c.all[o], known)
		}
	}
	c.all[o][external] = code{value, now.Add(lives[o])}
}

// take returns a patient's code and forgets it, for it works once; "" when there is
// none that is still good.
func (c *codes) take(o occasion, external string, now time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.all[o][external]
	delete(c.all[o], external)
	if !now.Before(k.until) {
		return ""
	}
	return k.value
}
