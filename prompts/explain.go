package prompts

import (
	"fmt"
	"slices"

	"careline/bot"
)

// Explain asks for an answer about results, or about knowledge where there are none.
type Explain struct {
	Language bot.Language
	Evidence bot.Evidence
	Slots    []Slot // all that may be said of the facts, as guard.Slots lists them
	Tier     bot.Tier
	Action   string    // the sentence of the tier, written by code; "" where there is none
	Level    bot.Level // at review part of the question waits for a person
	Question []bot.Text
	Recent   []bot.Message // oldest first
	Limit    int           // bytes of one message; 0: no limit
	Marks    bool          // the channel draws [K1]
	Missing  []string      // items asked for that no report has
	Held     bool          // results are left out that a clinician tells
}

// Slot is one slot of a fact that a draft may use, and what it says.
type Slot struct{ Fact, Name, Text string }

// How much of each kind a prompt holds; lengths in characters.
const (
	mostFacts    = 30
	mostPassages = 40
	mostRecent   = 6
	mostMessages = 8
	mostMissing  = 3

	longestPrinted  = 120
	longestPassage  = 1200
	allPassages     = 9000
	longestRecent   = 300
	longestQuestion = 800
)

// Render writes the prompt. At emergency and crisis there is none: only a
// reviewed text may leave.
func (x Explain) Render() (Prompt, error) {
	t, err := find("explain", x.Language)
	if err != nil {
		return Prompt{}, err
	}
	if err := x.check(); err != nil {
		return Prompt{}, err
	}
	view := x.view()
	p := Prompt{ID: t.id, Version: t.version}
	if p.System, err = t.render("system", view); err != nil {
		return Prompt{}, err
	}
	p.User, err = t.render("user", view)
	return p, err
}

func (x Explain) check() error {
	switch {
	case x.Level.Urgent():
		return fmt.Errorf("prompts: no model is asked at level %s", x.Level)
	case len(x.Question) == 0:
		return fmt.Errorf("prompts: there is no question to answer")
	case x.Limit < 0:
		return fmt.Errorf("prompts: a limit of %d bytes", x.Limit)
	}
	for _, f := range x.Evidence.Facts {
		if f.ID == "" || !slices.ContainsFunc(x.Slots, func(s Slot) bool { return s.Fact == f.ID }) {
			return fmt.Errorf("prompts: fact %q has no slot", f.ID)
		}
	}
	for _, s := range x.Slots {
		if !slices.ContainsFunc(x.Evidence.Facts, func(f bot.Fact) bool { return s.Fact == f.ID }) {
			return fmt.Errorf("prompts: a slot of fact %q, which is not in the evidence", s.Fact)
		}
	}
	return nil
}
