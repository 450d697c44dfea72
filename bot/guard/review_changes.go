package guard

import (
	"slices"

	"careline/bot"
)

// changes pairs word lists with the sign of the change they claim.
var changes = []struct {
	list string
	sign int
}{{"direction.up", 1}, {"direction.down", -1}, {"direction.same", 0}}

// wrongChanges are words of change that the values do not show.
func (r *reviewing) wrongChanges() []bot.Violation {
	var all []bot.Violation
	for _, c := range changes {
		for _, s := range r.found[c.list] {
			if !r.silent(s) && !r.changedAsSaid(s, c.sign) && !r.standsSo(s, c.sign) {
				all = append(all, r.violation(s, "a change that the comparable values do not show"))
			}
		}
	}
	for _, list := range []string{"direction.better", "direction.worse"} {
		for _, s := range r.found[list] {
			facts := r.bind(s)
			if len(facts) > 0 && !r.silent(s) && !r.ofKnowledge(s) && !slices.ContainsFunc(facts, func(i int) bool { return improved(r.evidence.Facts[i], list == "direction.worse") != r.negated(s) }) {
				all = append(all, r.violation(s, "a change for better or worse that the values do not show"))
			}
		}
	}
	return all
}

func (r *reviewing) changedAsSaid(s span, sign int) bool {
	for _, facts := range r.bindWord(s) {
		if !slices.ContainsFunc(facts, func(i int) bool { return changed(r.evidence.Facts[i], sign) != r.negated(s) }) {
			return false
		}
	}
	return true
}

// standsSo reports "低了一些" said of where a value lies: nothing is compared with
// an earlier one, and the item has none or the clause names the range.
func (r *reviewing) standsSo(s span, sign int) bool {
	c := r.clauses[r.clauseOf(s.start)]
	if !anyHolds(r.found["direction.somewhat"], s) || r.thanBefore(s) || r.past(s) {
		return false
	}
	for _, facts := range r.bindWord(s) {
		if !slices.ContainsFunc(facts, func(i int) bool {
			f := r.evidence.Facts[i]
			open := len(f.Previous) == 0 || r.has("numbers.ranges", c.span)
			return open && f.Judged && signOf(f.Direction) == sign
		}) {
			return false
		}
	}
	return true
}

// thanBefore reports a clause that compares with an earlier value: "比上次低",
// "higher than in May".
func (r *reviewing) thanBefore(s span) bool {
	c := r.clauses[r.clauseOf(s.start)]
	return r.has("direction.than", c.span) && r.past(s)
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

// ofKnowledge reports a sentence of knowledge: it names no item before the word, tells
// no number and says "may", "reason" or their like somewhere.
func (r *reviewing) ofKnowledge(s span) bool {
	sentence := r.sentenceSpan(r.clauseOf(s.start))
	return r.has("direction.causal", sentence) && len(r.namesIn(span{sentence.start, s.start})) == 0 &&
		!slices.ContainsFunc(r.quantities, func(q quantity) bool { return sentence.holds(q.span) }) && !r.has("numbers.person", sentence)
}
