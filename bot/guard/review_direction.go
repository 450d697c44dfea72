package guard

import (
	"regexp"
	"slices"
	"strings"

	"careline/bot"
)

// directionWord is a word list with the direction it claims.
type directionWord struct {
	list      string
	direction bot.Direction
}

// claimed pairs word lists with the direction they claim; "out" is either side.
var claimed = []directionWord{
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
	return append(append(all, r.wrongChanges()...), r.wrongQualities()...)
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
	if r.supposed(c) || r.has("diagnosis.uncertain", c.span) && len(r.namesIn(c.span)) == 0 || r.has("direction.others", c.span) || r.has("direction.feelings", c.span) || r.has("direction.refusal", c.span) {
		return true
	}
	return (r.has("direction.several", c.span) || r.has("normal.rest", c.span)) && len(r.namesIn(c.span)) == 0
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

// togetherPattern is a clause about several items as one.
var togetherPattern = regexp.MustCompile(`[都均]|全部|各项|[两二三四五六七八九几\d] ?[项个]|\b(?:both|all|every)\b`)

// ofNone reports a claim about several or all items at once that is true of none of
// them.
func (r *reviewing) ofNone(s span, claim bot.Direction) bool {
	c := r.clauses[r.clauseOf(s.start)]
	if anyHolds(r.quoted, s) || r.flagged(s) || r.supposed(c) || r.negatedAnywhere(s, c) || r.past(s) || !togetherPattern.MatchString(r.text[c.start:c.end]) || len(r.namesIn(c.span)) > 0 {
		return false
	}
	judged := false
	for _, f := range r.evidence.Facts {
		if f.Judged && f.Direction != bot.DirectionUnknown && f.Direction != "" {
			if judged = true; agrees(f.Direction, claim) {
				return false
			}
		}
	}
	return judged
}

func (r *reviewing) wrongDirection(s span, claim bot.Direction) string {
	if r.ofNone(s, claim) {
		return "a word of direction that no value here bears out"
	}
	if r.silent(s) || r.betweenItems(s, claim) || r.ofDifference(s) {
		return ""
	}
	if sign := signOf(claim); sign != 0 && r.thanBefore(s) {
		if r.changedAsSaid(s, sign) {
			return ""
		}
		return "a change that the comparable values do not show"
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
		if q.start >= s.end && q.start-s.end <= near && c.holds(q.span) && q.measure == "" && !q.paired {
			said, err := bot.ParseDecimal(q.value)
			return said, err == nil
		}
	}
	return bot.Decimal{}, false
}

// beyond reports whether the judged value or one before lies beyond a number on
// the side claimed.
func beyond(f bot.Fact, said bot.Decimal, claim bot.Direction) bool {
	return f.Judged && f.Value.Number.Valid() && f.Value.Number.Cmp(said) == signOf(claim)
}

// signOf is 1 for high, -1 for low, else 0.
func signOf(claim bot.Direction) int {
	switch claim {
	case bot.DirectionHigh:
		return 1
	case bot.DirectionLow:
		return -1
	}
	return 0
}

// ofDifference reports a word beside a true difference, "23 lower", whose way has
// been judged with the number.
func (r *reviewing) ofDifference(s span) bool {
	return slices.ContainsFunc(r.quantities, func(q quantity) bool {
		return q.measure == "" && r.touches(s, q) && r.difference(q, r.bindNumber(q))
	})
}

// betweenItems reports a word that truly compares two items, "AST 高于 ALT".
func (r *reviewing) betweenItems(s span, claim bot.Direction) bool {
	c := r.clauses[r.clauseOf(s.start)]
	rest := strings.TrimPrefix(strings.TrimPrefix(r.text[s.end:], " than"), " ")
	other := len(r.text) - len(rest)
	i := slices.IndexFunc(r.names, func(n naming) bool { return n.start == other && c.holds(n.span) })
	before := r.namesIn(span{c.start, s.start})
	if i < 0 || len(before) == 0 || other == s.end && !strings.HasSuffix(r.text[s.start:s.end], "于") {
		return false
	}
	for _, a := range before[len(before)-1].facts {
		for _, b := range r.names[i].facts {
			x, y := r.evidence.Facts[a].Value.Number, r.evidence.Facts[b].Value.Number
			if x.Valid() && y.Valid() && x.Cmp(y) == signOf(claim) {
				return true
			}
		}
	}
	return false
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
