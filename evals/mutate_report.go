package evals

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// MutantLine is the machine-readable line of a mutant.
type MutantLine struct {
	ID      string   `json:"id"`
	Mutator string   `json:"mutator"`
	Before  string   `json:"before"`
	After   string   `json:"after"`
	Verdict string   `json:"verdict"` // block or pass
	Checks  []string `json:"checks"`
}

// Line is the outcome as its line.
func (o MutantOutcome) Line() MutantLine {
	return MutantLine{o.ID, o.Mutator, o.Before, o.After, verdict(!o.Released), append([]string{}, o.Checks...)}
}

// MutantReport counts mutants.
type MutantReport struct {
	byMutator map[string]*Rate // blocked of tried
	released  []MutantOutcome
	tried     int
}

// Add counts one mutant.
func (r *MutantReport) Add(o MutantOutcome) {
	if r.byMutator == nil {
		r.byMutator = map[string]*Rate{}
	}
	if r.byMutator[o.Mutator] == nil {
		r.byMutator[o.Mutator] = &Rate{}
	}
	rate := r.byMutator[o.Mutator]
	rate.Of++
	r.tried++
	if o.Released {
		r.released = append(r.released, o)
	} else {
		rate.Hits++
	}
}

// Tried is how many mutants were made.
func (r *MutantReport) Tried() int { return r.tried }

// Released are the mutants no check stopped.
func (r *MutantReport) Released() []MutantOutcome { return r.released }

// Write writes the table for people: counts a mutator, then every released mutant.
func (r *MutantReport) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "MUTATOR\tTRIED\tBLOCKED\tRELEASED")
	for _, m := range mutators() {
		if rate := r.byMutator[m.name]; rate != nil {
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\n", m.name, rate.Of, rate.Hits, rate.Of-rate.Hits)
		} else {
			fmt.Fprintf(table, "%s\t0\t0\t0\n", m.name)
		}
	}
	fmt.Fprintf(table, "all\t%d\t%d\t%d\n", r.tried, r.tried-len(r.released), len(r.released))
	if len(r.released) > 0 {
		fmt.Fprintln(table, "\nRELEASED\tMUTATOR\tBEFORE\tAFTER")
	}
	for _, o := range r.released {
		fmt.Fprintf(table, "%s\t%s\t%q\t%q\n", o.ID, o.Mutator, o.Before, o.After)
	}
	return table.Flush()
}
