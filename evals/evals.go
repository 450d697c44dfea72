// Package evals runs files of labelled cases through the same rules a patient's
// message and a model's draft meet, and counts. It needs no database.
package evals

import (
	"fmt"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/retrieval/knowledge"
	"careline/retrieval/labs"
)

// Bench is what cases run on: the rules, the catalogue with its critical
// proposals, and the library that comes with the binary. It is safe for
// concurrent use.
type Bench struct {
	guard     *guard.Guard
	catalogue *labs.Catalogue
	critical  []bot.Critical
	library   []bot.Passage
	now       time.Time // of cases that are not dated
}

// New loads what is embedded. now is the time of cases that are not dated.
func New(now time.Time) (*Bench, error) {
	b := &Bench{now: now.UTC()}
	var err error
	if b.guard, err = guard.Load(); err != nil {
		return nil, fmt.Errorf("evals: %w", err)
	}
	if b.catalogue, err = labs.LoadCatalogue(); err != nil {
		return nil, fmt.Errorf("evals: %w", err)
	}
	if b.library, err = knowledge.Embedded(); err != nil {
		return nil, fmt.Errorf("evals: %w", err)
	}
	b.critical = b.catalogue.CriticalProposals()
	return b, nil
}
