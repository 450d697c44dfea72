package evals

import (
	"io"

	"careline/bot/guard"
)

// Examples are the messages of a suite to learn from: those of one message, for
// what stands later in a conversation is no lesson about its last words.
func (b *Bench) Examples(name string, r io.Reader) (all []guard.Example, err error) {
	err = eachLine(name, r, func(c TriageCase) error {
		if c.single {
			t := c.Turns[0]
			all = append(all, guard.Example{Text: t.Text.Plain(), Level: t.Expect, Accept: t.Accept})
		}
		return nil
	})
	return all, err
}

// Learn makes the file of weights that triage reads.
func (b *Bench) Learn(examples []guard.Example) string { return b.guard.Learn(examples) }
