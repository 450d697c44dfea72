package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"careline/bot"
	"careline/evals"
)

type evalTriageCmd struct {
	suites
	MinRecall map[string]float64 `help:"Exit with 1 when fewer messages of a level are a hit; may be repeated." placeholder:"LEVEL=0.97" mapsep:"none"`
	MaxFalse  *int               `help:"Exit with 1 when more messages labelled none got a level." placeholder:"N"`
}

// Validate refuses a level that does not exist and a share that is none.
func (c evalTriageCmd) Validate() error {
	for name, share := range c.MinRecall {
		if _, err := evals.ParseLevel(name); err != nil {
			return fmt.Errorf("--min-recall %s: %w", name, err)
		}
		if share < 0 || share > 1 {
			return errors.New("--min-recall: a share lies between 0 and 1")
		}
	}
	return nil
}

// Run triages every message as the inbox would and compares.
func (c evalTriageCmd) Run(std stdio) error {
	b, err := bench()
	if err != nil {
		return err
	}
	var report evals.TriageReport
	var lines []any
	err = c.each(std, func(name string, r io.Reader) error {
		return b.Triage(name, r, func(o evals.TriageOutcome) {
			report.Add(o)
			lines = append(lines, o.Line())
		})
	})
	if err != nil {
		return err
	}
	if err := c.print(std, lines, report.Write); err != nil {
		return err
	}
	return c.reached(&report)
}

func (c evalTriageCmd) reached(r *evals.TriageReport) error {
	var missed []string
	for _, name := range slices.Sorted(maps.Keys(c.MinRecall)) {
		level, err := evals.ParseLevel(name)
		if err != nil {
			return err
		}
		if rate := r.Recall(level); rate.Value() < c.MinRecall[name] {
			missed = append(missed, fmt.Sprintf("The recall of %s is %.3f, below %.3f.", level, rate.Value(), c.MinRecall[name]))
		}
	}
	if c.MaxFalse != nil && r.FalseAlarms() > *c.MaxFalse {
		missed = append(missed, fmt.Sprintf("%d messages labelled %s got a level, more than %d.", r.FalseAlarms(), bot.LevelNone, *c.MaxFalse))
	}
	return notReached(missed)
}
