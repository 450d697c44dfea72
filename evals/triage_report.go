package evals

import (
	"fmt"
	"io"
	"text/tabwriter"

	"careline/bot"
)

// TriageLine is the machine-readable line of a case: the level after its last
// message and what set it; of several messages each in "turns" too.
type TriageLine struct {
	ID string `json:"id"`
	TriageLineTurn
	Turns []TriageLineTurn `json:"turns,omitempty"`
}

// TriageLineTurn is the level that stands after one message.
type TriageLineTurn struct {
	Level bot.Level `json:"level"`
	Rule  string    `json:"rule"`
	Span  string    `json:"span"`
}

// Line is the outcome as its line.
func (o TriageOutcome) Line() TriageLine {
	line := TriageLine{ID: o.ID}
	for _, t := range o.Turns {
		line.TriageLineTurn = TriageLineTurn{t.Level, t.Rule, t.Span}
		if o.multi {
			line.Turns = append(line.Turns, line.TriageLineTurn)
		}
	}
	return line
}

// levelCount counts the turns that expect one level.
type levelCount struct {
	hits, over, missed int
}

func (c levelCount) rate() Rate { return Rate{c.hits, c.hits + c.over + c.missed} }

// TriageReport counts outcomes.
type TriageReport struct {
	Cases  int
	levels [bot.LevelCrisis + 1]levelCount
	wrong  []wrongTurn
}

type wrongTurn struct {
	id   string
	turn int // 0 in a case of one message
	TriageTurnOutcome
}

// Add counts one case.
func (r *TriageReport) Add(o TriageOutcome) {
	r.Cases++
	for i, t := range o.Turns {
		count := &r.levels[t.Expect]
		switch {
		case t.Hit:
			count.hits++
			continue
		case t.over():
			count.over++
		default:
			count.missed++
		}
		wrong := wrongTurn{id: o.ID, TriageTurnOutcome: t}
		if o.multi {
			wrong.turn = i + 1
		}
		r.wrong = append(r.wrong, wrong)
	}
}

// Recall is the share of the turns expecting a level that were a hit.
func (r *TriageReport) Recall(level bot.Level) Rate { return r.levels[level].rate() }

// FalseAlarms are the messages labelled none that got a level.
func (r *TriageReport) FalseAlarms() int { return r.levels[bot.LevelNone].over }

// Missed are the turns expecting a level that got a lower one.
func (r *TriageReport) Missed(level bot.Level) int { return r.levels[level].missed }

// Write writes the table for people: counts a level, then every wrong turn.
func (r *TriageReport) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "LEVEL\tMESSAGES\tHIT\tOVER\tMISSED\tRECALL\t95 % BOUNDS")
	for level := bot.LevelCrisis; level >= bot.LevelNone; level-- {
		c := r.levels[level]
		if rate := c.rate(); rate.Of > 0 {
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%s\n", level, rate.Of, c.hits, c.over, c.missed, rate)
		}
	}
	none := r.levels[bot.LevelNone].rate()
	fmt.Fprintf(table, "\nFalse alarms\t%d of %d\t%s\n", r.FalseAlarms(), none.Of, Rate{r.FalseAlarms(), none.Of})
	if len(r.wrong) > 0 {
		fmt.Fprintln(table, "\nWRONG\tMESSAGE\tEXPECTED\tGOT\tRULE\tWORDS")
	}
	for _, t := range r.wrong {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\n", t.id, max(t.turn, 1), t.Expect, t.Level, t.Rule, t.Span)
	}
	return table.Flush()
}

// String is the share with its bounds, in percent, as two cells of a table.
func (r Rate) String() string {
	if r.Of == 0 {
		return "-\t-"
	}
	low, high := r.Bounds()
	return fmt.Sprintf("%.1f %%\t%.1f-%.1f %%", 100*r.Value(), 100*low, 100*high)
}
