package main

import (
	"errors"
	"fmt"
	"io"

	"careline/evals"
)

type evalReviewCmd struct {
	suites
	MinPass float64 `help:"Exit with 1 when a smaller share of the good drafts passes." default:"0" placeholder:"0.97"`
}

// Validate refuses a share that is none.
func (c evalReviewCmd) Validate() error {
	if c.MinPass < 0 || c.MinPass > 1 {
		return errors.New("--min-pass: a share lies between 0 and 1")
	}
	return nil
}

// Run reviews every draft against evidence made of its labs. A bad draft that is
// released is always a failure.
func (c evalReviewCmd) Run(std stdio) error {
	b, err := bench()
	if err != nil {
		return err
	}
	var report evals.ReviewReport
	var lines []any
	err = c.each(std, func(name string, r io.Reader) error {
		return b.Review(name, r, func(o evals.ReviewOutcome) {
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

func (c evalReviewCmd) reached(r *evals.ReviewReport) error {
	var missed []string
	if bad := r.Blocked(); bad.Hits < bad.Of {
		missed = append(missed, fmt.Sprintf("%d drafts that must not leave were released.", bad.Of-bad.Hits))
	}
	if good := r.Passed(); good.Value() < c.MinPass {
		missed = append(missed, fmt.Sprintf("%.3f of the drafts that may leave passed, below %.3f.", good.Value(), c.MinPass))
	}
	return notReached(missed)
}
