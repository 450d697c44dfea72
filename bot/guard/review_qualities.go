package guard

import (
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// qualities pairs word lists with what a qualitative result says.
var qualities = []struct {
	list     string
	positive bool
}{{"direction.positive", true}, {"direction.negative", false}}

// wrongQualities are results called positive or negative that say otherwise.
func (r *reviewing) wrongQualities() []bot.Violation {
	var all []bot.Violation
	for _, q := range qualities {
		for _, s := range r.found[q.list] {
			if r.wrongQuality(s, q.positive) {
				all = append(all, r.violation(s, "a result called positive or negative that says otherwise"))
			}
		}
	}
	return all
}

// wrongQuality reports "positive" or "negative" beside a result that says the other.
func (r *reviewing) wrongQuality(s span, positive bool) bool {
	c := r.clauses[r.clauseOf(s.start)]
	general := r.has("direction.causal", c.span) && len(r.namesIn(span{c.start, s.start})) == 0
	if general || anyHolds(r.quoted, s) || r.supposed(c) || r.has("direction.several", c.span) || r.has("numbers.ranges", c.span) {
		return false
	}
	facts := r.bind(s)
	return len(facts) > 0 && !slices.ContainsFunc(facts, func(i int) bool {
		said, known := quality(r.evidence.Facts[i])
		return !known || said == (positive != r.negated(s))
	})
}

// quality is whether a result says positive; known is false where it says neither.
func quality(f bot.Fact) (positive, known bool) {
	if f.Value.Number.Valid() {
		return f.Direction == bot.DirectionHigh, f.Direction == bot.DirectionHigh || f.Direction == bot.DirectionWithin
	}
	switch printed := fold.Text(f.Value.Printed); {
	case strings.Contains(printed, "阴") || strings.Contains(printed, "neg") || strings.Contains(printed, "non-reactive") || printed == "-" || printed == "(-)":
		return false, true
	case strings.Contains(printed, "阳") || strings.Contains(printed, "pos") || strings.Contains(printed, "+") || strings.Contains(printed, "reactive"):
		return true, true
	}
	return false, false
}
