package evals

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// ReviewLine is the machine-readable line of a case.
type ReviewLine struct {
	ID      string   `json:"id"`
	Verdict string   `json:"verdict"` // block or pass
	Checks  []string `json:"checks"`
	Span    string   `json:"span"`
}

// Line is the outcome as its line.
func (o ReviewOutcome) Line() ReviewLine {
	return ReviewLine{ID: o.ID, Verdict: verdict(o.Blocked), Checks: append([]string{}, o.Checks...), Span: o.Span}
}

func verdict(blocked bool) string {
	if blocked {
		return "block"
	}
	return "pass"
}

// ReviewReport counts outcomes.
type ReviewReport struct {
	bad, good Rate // stopped, let go
	unread    int
	byCheck   map[string]*checkCount
	wrong     []ReviewOutcome
}

// checkCount counts the drafts a check stopped.
type checkCount struct{ bad, good int }

// Add counts one draft.
func (r *ReviewReport) Add(o ReviewOutcome) {
	right := 1
	if o.wrong() {
		right = 0
		r.wrong = append(r.wrong, o)
	}
	r.unread += o.Unread
	of := &r.good
	if o.Block {
		of = &r.bad
	}
	of.Of++
	of.Hits += right
	if r.byCheck == nil {
		r.byCheck = map[string]*checkCount{}
	}
	for _, check := range o.Checks {
		if r.byCheck[check] == nil {
			r.byCheck[check] = &checkCount{}
		}
		if o.Block {
			r.byCheck[check].bad++
		} else {
			r.byCheck[check].good++
		}
	}
}

// Blocked is the share of the drafts that must not leave and did not.
func (r *ReviewReport) Blocked() Rate { return r.bad }

// Passed is the share of the drafts that may leave and did.
func (r *ReviewReport) Passed() Rate { return r.good }

// Write writes the table for people: counts, checks, then every wrong draft.
func (r *ReviewReport) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "DRAFTS\tCASES\tRIGHT\tWRONG\tSHARE\t95 % BOUNDS")
	for _, row := range []struct {
		name string
		Rate
	}{{"bad, blocked", r.bad}, {"good, passed", r.good}} {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\n", row.name, row.Of, row.Hits, row.Of-row.Hits, row.Rate)
	}
	if r.unread > 0 {
		fmt.Fprintf(table, "\nLabs an import keeps out: %d\n", r.unread)
	}
	if len(r.byCheck) > 0 {
		fmt.Fprintln(table, "\nCHECK\tBAD\tGOOD")
	}
	for _, check := range slices.SortedFunc(maps.Keys(r.byCheck), byNumber) {
		fmt.Fprintf(table, "%s\t%d\t%d\n", check, r.byCheck[check].bad, r.byCheck[check].good)
	}
	if len(r.wrong) > 0 {
		fmt.Fprintln(table, "\nWRONG\tEXPECTED\tGOT\tCHECKS\tWORDS")
	}
	for _, o := range r.wrong {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", o.ID, verdict(o.Block), verdict(o.Blocked), strings.Join(o.Checks, " "), oneLine(o.Span))
	}
	return table.Flush()
}

// byNumber puts V2 before V10.
func byNumber(a, b string) int {
	x, _ := strconv.Atoi(strings.TrimPrefix(a, "V"))
	y, _ := strconv.Atoi(strings.TrimPrefix(b, "V"))
	return x - y
}

// oneLine is the beginning of a span that may be a whole draft.
func oneLine(span string) string {
	const most = 40
	r := []rune(strings.Join(strings.Fields(span), " "))
	if len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(r)
}
