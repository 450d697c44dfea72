// Package guard is safety as pure functions: Triage before a model, Review after
// it, the tiers of action, and the reviewed texts that leave at an emergency.
package guard

import (
	"fmt"
	"sync"
)

// Guard holds the rules, words and texts, all read from embedded data files. It
// is safe for concurrent use.
type Guard struct {
	redFlags redFlags
	texts    texts
	tiers    tierRules
	words    reviewWords
	slots    slotTexts
	learned  learned
	counts   counter
}

// Load reads the data files and refuses what is incomplete or contradictory. The
// data is embedded and never changes, so a process reads it once; the counters are
// each Guard's own.
func Load() (*Guard, error) {
	g, err := read()
	if err != nil {
		return nil, err
	}
	return &Guard{redFlags: g.redFlags, texts: g.texts, tiers: g.tiers, words: g.words, slots: g.slots, learned: g.learned}, nil
}

var read = sync.OnceValues(func() (*Guard, error) {
	var g Guard
	for _, load := range []func(*Guard) error{loadRedFlags, loadTexts, loadTiers, loadReviewWords, loadSlots, loadLearned} {
		if err := load(&g); err != nil {
			return nil, fmt.Errorf("guard: %w", err)
		}
	}
	return &g, nil
})
