package guard

import (
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// claimed pairs word lists with the direction they claim; "out" is either side.
var claimed = []struct {
	list      string
	direction bot.Direction
}{
	{"direction.high", bot.DirectionHigh}, {"direction.low", bot.DirectionLow}, {"direction.within", bot.DirectionWithin}, {"direction.out", "out"},
}

// v3: words of direction agree with the facts they are about; none stands beside
// a value that may not be judged. Words of change agree with the values' order.
func (r *reviewing) v3() []bot.Violation {
	var all []bot.Violation
	for _, c := range claimed {
		for _, s := range r.found[c.list] {
			if why := r.wrongDirection(s, c.direction); why != "" {
				all = append(all, r.violation(s, "%s", why))
			}
		}
	}
	for _, c := range changes {
		for _, s := range r.found[c.list] {
			if !r.silent(s) && !r.changedAsSaid(s, c.sign) {
				all = append(all, r.violation(s, "a change that the comparable values do not show"))
			}
		}
	}
	for _, q := range qualities {
		for _, s := range r.found[q.list] {
			if r.wrongQuality(s, q.positive) {
				all = append(all, r.violation(s, "a result called positive or negative that says otherwise"))
			}
		}
	}
	for _, list := range []string{"direction.better", "direction.worse"} {
		for _, s := range r.found[list] {
			if !r.silent(s) && !slices.ContainsFunc(r.bind(s), func(i int) bool { return improved(r.evidence.Facts[i], list == "direction.worse") != r.negated(s) }) && len(r.bind(s)) > 0 {
				all = append(all, r.violation(s, "a change for better or worse that the values do not show"))
			}
		}
	}
	return all
}

// qualities pairs word lists with what a qualitative result says.
var qualities = []struct {
	list     string
	positive bool
}{{"direction.positive", true}, {"direction.negative", false}}

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

// improved reports whether the value came nearer to its interval since the last
// comparable one; worse whether it went farther.
func improved(f bot.Fact, worse bool) bool {
	for _, p := range f.Previous {
		if p.Same && f.Value.Number.Valid() && p.Value.Number.Valid() {
			now, before := outside(f.Value.Number, f.Interval), outside(p.Value.Number, p.Interval)
			return worse && now > before || !worse && now < before
		}
	}
	return false
}

// outside is how far a value lies beyond its interval; 0 inside.
func outside(value bot.Decimal, i bot.Interval) float64 {
	switch {
	case i.High.Valid() && value.Cmp(i.High) > 0:
		return value.Float() - i.High.Float()
	case i.Low.Valid() && value.Cmp(i.Low) < 0:
		return i.Low.Float() - value.Float()
	}
	return 0
}

// changes pairs word lists with the sign of the change they claim.
var changes = []struct {
	list string
	sign int
}{{"direction.up", 1}, {"direction.down", -1}, {"direction.same", 0}}

func (r *reviewing) changedAsSaid(s span, sign int) bool {
	for _, facts := range r.bindWord(s) {
		if !slices.ContainsFunc(facts, func(i int) bool { return changed(r.evidence.Facts[i], sign) != r.negated(s) }) {
			return false
		}
	}
	return true
}

// silent reports a word that claims nothing about one fact: quoted knowledge, a
// question, a condition, feelings, several items at once, a refusal to judge.
func (r *reviewing) silent(s span) bool {
	if anyHolds(r.quoted, s) || r.flagged(s) {
		return true
	}
	c := r.clauses[r.clauseOf(s.start)]
	if r.has("direction.causal", c.span) && len(r.namesIn(span{c.start, s.start})) == 0 {
		return true
	}
	if r.supposed(c) || r.has("direction.others", c.span) || r.has("direction.feelings", c.span) || r.has("direction.refusal", c.span) {
		return true
	}
	return r.has("direction.several", c.span) && len(r.namesIn(c.span)) == 0
}

// flagged reports the report's own mark or words, repeated in quotation marks.
func (r *reviewing) flagged(s span) bool {
	before, after := r.text[:s.start], r.text[s.end:]
	for _, q := range [][2]string{{"“", "”"}, {"\"", "\""}, {"「", "」"}} {
		if len(before) >= len(q[0]) && before[len(before)-len(q[0]):] == q[0] && len(after) >= len(q[1]) && after[:len(q[1])] == q[1] {
			return true
		}
	}
	return anyHolds(r.printed, s)
}

func (r *reviewing) wrongDirection(s span, claim bot.Direction) string {
	if r.silent(s) {
		return ""
	}
	if said, compares := r.comparedTo(s); compares && (claim == bot.DirectionHigh || claim == bot.DirectionLow) {
		if slices.ContainsFunc(r.bind(s), func(i int) bool { return beyond(r.evidence.Facts[i], said, claim) != r.negated(s) }) {
			return ""
		}
	}
	for _, facts := range r.bindWord(s) {
		if why := r.disagree(facts, claim, r.negated(s), r.past(s)); why != "" {
			return why
		}
	}
	return ""
}

// comparedTo is the number a word compares with: "低于报告上的3.4"; of a range the
// end that the word is about.
func (r *reviewing) comparedTo(s span) (bot.Decimal, bool) {
	const near = 24 // bytes
	c := r.clauses[r.clauseOf(s.start)]
	for _, q := range r.quantities {
		if q.start >= s.end && q.start-s.end <= near && c.holds(q.span) && q.measure == "" && !r.paired(q) {
			said, err := bot.ParseDecimal(q.value)
			return said, err == nil
		}
	}
	return bot.Decimal{}, false
}

// beyond reports whether the judged value or one before lies beyond a number on
// the side claimed.
func beyond(f bot.Fact, said bot.Decimal, claim bot.Direction) bool {
	sign := map[bot.Direction]int{bot.DirectionHigh: 1, bot.DirectionLow: -1}[claim]
	return f.Judged && f.Value.Number.Valid() && f.Value.Number.Cmp(said) == sign
}

// disagree says why none of the facts a name stands for is as claimed.
func (r *reviewing) disagree(facts []int, claim bot.Direction, negated, past bool) string {
	unjudged := true
	for _, i := range facts {
		f := r.evidence.Facts[i]
		if past && f.Judged && slices.ContainsFunc(f.Previous, func(p bot.Point) bool { return agrees(p.Direction, claim) != negated }) {
			return ""
		}
		if !f.Judged || f.Direction == bot.DirectionUnknown || f.Direction == "" {
			continue
		}
		if unjudged = false; agrees(f.Direction, claim) != negated {
			return ""
		}
	}
	if unjudged {
		return "a word of direction about a value that may not be judged"
	}
	return "a word of direction that contradicts value and interval"
}

func agrees(d, claim bot.Direction) bool {
	return d == claim || claim == "out" && (d == bot.DirectionHigh || d == bot.DirectionLow)
}

// past reports a clause about an earlier value.
func (r *reviewing) past(s span) bool {
	c := r.clauses[r.clauseOf(s.start)].span
	if r.has("direction.past", c) {
		return true
	}
	for _, d := range r.dates {
		if c.holds(d.span) {
			for _, f := range r.evidence.Facts {
				if slices.ContainsFunc(f.Previous, func(p bot.Point) bool { return d.fits(p.Date) }) {
					return true
				}
			}
		}
	}
	return false
}

// bindWord says which facts a word of direction is about, one group a name: in
// "A and B are high" each must agree.
func (r *reviewing) bindWord(s span) [][]int {
	c := r.clauses[r.clauseOf(s.start)]
	from := c.start
	for _, claim := range claimed {
		for _, o := range r.found[claim.list] {
			if o.end <= s.start && o.end > from {
				from = o.end
			}
		}
	}
	var groups [][]int
	for _, n := range r.namesIn(c.span) {
		if n.start >= from && n.end <= s.start {
			groups = append(groups, n.facts)
		}
	}
	if facts := r.bind(s); len(groups) == 0 && len(facts) > 0 {
		groups = append(groups, facts)
	}
	return groups
}

// changed reports whether the value moved as said since the last comparable one.
func changed(f bot.Fact, sign int) bool {
	for _, p := range f.Previous {
		if p.Same {
			return f.Value.Number.Valid() && p.Value.Number.Valid() && f.Value.Number.Cmp(p.Value.Number) == sign
		}
	}
	return false
}
