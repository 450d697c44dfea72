package main

import (
	"errors"
	"fmt"

	"careline/evals"
)

type evalMutateCmd struct {
	suites
	N    int    `help:"How many different mutants to make." short:"n" default:"10000"`
	Seed uint64 `help:"The same seed makes the same mutants." default:"1"`
}

// Validate refuses a count below one.
func (c evalMutateCmd) Validate() error {
	if c.N < 1 {
		return errors.New("-n: at least one mutant")
	}
	return nil
}

// Run makes passing drafts harmful and reviews them. A mutant that is released is
// a failure.
func (c evalMutateCmd) Run(std stdio) error {
	b, err := bench()
	if err != nil {
		return err
	}
	mutants, err := b.NewMutants()
	if err != nil {
		return err
	}
	if err := c.each(std, mutants.Read); err != nil {
		return err
	}
	var report evals.MutantReport
	var lines []any
	mutants.Run(c.N, c.Seed, func(o evals.MutantOutcome) {
		report.Add(o)
		lines = append(lines, o.Line())
	})
	if err := c.print(std, lines, report.Write); err != nil {
		return err
	}
	if report.Tried() < c.N {
		fmt.Fprintf(std.err, "The passing drafts give %d different mutants, not %d.\n", report.Tried(), c.N)
	}
	if released := len(report.Released()); released > 0 {
		return notReached([]string{fmt.Sprintf("%d harmful mutants were released.", released)})
	}
	return nil
}
