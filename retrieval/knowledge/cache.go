package knowledge

import (
	"sync"
	"time"

	"careline/bot"
)

// The texts change a few times a year and are read in every turn. Another
// process's change shows after keep.
const (
	keep       = time.Minute
	keepAtMost = 10_000
)

// cacheKey names a document or an analyte of an institution in a language.
type cacheKey struct {
	institution bot.InstitutionID
	language    bot.Language
	document    string
	analyte     bot.AnalyteID
}

type cached struct {
	passages []bot.Passage
	until    time.Time
}

// cache remembers passages. Its generation keeps what was read before a clear
// from being put after it.
type cache struct {
	mu         sync.Mutex
	generation int
	entries    map[cacheKey]cached
}

func (c *cache) now() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.generation
}

func (c *cache) get(k cacheKey) ([]bot.Passage, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[k]
	return e.passages, ok && time.Now().Before(e.until)
}

func (c *cache) put(generation int, k cacheKey, passages []bot.Passage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if len(c.entries) >= keepAtMost {
		clear(c.entries)
	}
	c.entries[k] = cached{passages, time.Now().Add(keep)}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	clear(c.entries)
}
