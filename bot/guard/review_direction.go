package guard

import (
	"slices"

	"careline/bot"
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
	return all
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
	if r.supposed(c) || r.has("direction.feelings", c.span) || r.has("direction.refusal", c.span) {
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
	for _, facts := range r.bindWord(s) {
		if why := r.disagree(facts, claim, r.negated(s), r.past(s)); why != "" {
			return why
		}
	}
	return ""
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
