package guard

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"careline/bot"
)

// difference reports "higher by 32": the distance to the comparable value before,
// or to an end of the range; in percent where the number says so. A word that
// says which way must say the right one.
func (r *reviewing) difference(q quantity, bound []int) bool {
	sign, beside := r.besideDifference(q)
	said, ok := new(big.Rat).SetString(q.value)
	if !beside || !ok {
		return false
	}
	if r.has("numbers.than_now", r.clauses[r.clauseOf(q.start)].span) {
		sign = -sign
	}
	if len(bound) == 0 {
		bound = r.followed(q)
	}
	for _, i := range bound {
		f := r.evidence.Facts[i]
		if !f.Value.Number.Valid() {
			continue
		}
		for _, other := range r.comparable(f, q) {
			d := new(big.Rat).Sub(f.Value.Number.Rat(), other.Rat())
			if (sign == 0 || d.Sign() == sign) && apart(d, other.Rat(), said, q) {
				return true
			}
		}
	}
	return false
}

// followed are the items whose value and one before both stand in the sentence.
func (r *reviewing) followed(q quantity) []int {
	sentence := r.sentenceSpan(r.clauseOf(q.start))
	says := func(n bot.Decimal) bool {
		return n.Valid() && slices.ContainsFunc(r.quantities, func(o quantity) bool { return sentence.holds(o.span) && o.value == canonicalDigits(n.String()) })
	}
	return slices.DeleteFunc(everyFact(r.evidence.Facts), func(i int) bool {
		f := r.evidence.Facts[i]
		return !says(f.Value.Number) || !slices.ContainsFunc(f.Previous, func(p bot.Point) bool { return says(p.Value.Number) })
	})
}

// comparable are the numbers a fact's value may be set against; the end of the
// range that the clause speaks of, else both.
func (r *reviewing) comparable(f bot.Fact, q quantity) []bot.Decimal {
	c := r.clauses[r.clauseOf(q.start)].span
	upper, lower := r.has("numbers.upper", c), r.has("numbers.lower", c)
	var all []bot.Decimal
	if f.Interval.Low.Valid() && (lower || !upper) {
		all = append(all, f.Interval.Low)
	}
	if f.Interval.High.Valid() && (upper || !lower) {
		all = append(all, f.Interval.High)
	}
	for _, p := range f.Previous {
		if p.Same && p.Value.Number.Valid() {
			all = append(all, p.Value.Number)
		}
	}
	return all
}

// besideDifference reports a word of difference right beside a number, and the
// way it says: 1 for "高出约32", "32 U/L above", -1 for less, 0 for "相差".
func (r *reviewing) besideDifference(q quantity) (sign int, beside bool) {
	for _, w := range []struct {
		list string
		sign int
	}{{"numbers.more", 1}, {"numbers.less", -1}, {"numbers.difference", 0}} {
		if slices.ContainsFunc(r.found[w.list], func(s span) bool { return r.touches(s, q) }) {
			return w.sign, true
		}
	}
	c := r.clauses[r.clauseOf(q.start)]
	return 0, !q.paired && r.has("numbers.distance", span{c.start, q.start})
}

// touches reports a word shortly before a number, or an English one right behind.
func (r *reviewing) touches(s span, q quantity) bool {
	const before, behind = 18, 4 // bytes: "低了大约", "32 U/L above"
	end := q.start + len(q.whole)
	if r.clauseOf(s.start) != r.clauseOf(q.start) {
		return false
	}
	if s.end <= q.start {
		english := latinLetter(r.text, s.start) && anyHolds(r.found["numbers.comparators"], s) // "above 40" compares
		return !english && (q.unit == "%" || !strings.HasPrefix(r.text[s.end:], "于")) && !q.paired && q.start-s.end <= before && !strings.ContainsAny(r.text[s.end:q.start], ",.;:()0123456789")
	}
	return s.start >= end && s.start-end <= behind && latinLetter(r.text, s.start) && !strings.ContainsAny(r.text[end:s.start], ",.;:()")
}

// apart reports said as the distance d, exactly, or in percent of the number it is
// from, to the digits said.
func apart(d, from, said *big.Rat, q quantity) bool {
	if d = new(big.Rat).Abs(d); said.Cmp(d) == 0 {
		return true
	}
	if q.unit != "%" || from.Sign() == 0 {
		return false
	}
	percent := new(big.Rat).Mul(d.Quo(d, from), big.NewRat(100, 1))
	_, part, _ := strings.Cut(q.value, ".")
	slack := big.NewRat(6, 10)
	for range part {
		slack.Quo(slack, big.NewRat(10, 1))
	}
	return percent.Sub(percent, said).Abs(percent).Cmp(slack) <= 0
}

// ratio reports the quotient of two items named in the sentence, rounded to the
// digits said: "AST/ALT 比值约1.2".
func (r *reviewing) ratio(q quantity) bool {
	said, err := strconv.ParseFloat(q.value, 64)
	sentence := r.sentenceSpan(r.clauseOf(q.start))
	if err != nil || !r.has("numbers.ratios", span{sentence.start, q.start}) {
		return false
	}
	names := r.namesIn(span{sentence.start, q.start})
	return len(names) > 1 && slices.ContainsFunc(names[1:], func(n naming) bool {
		for _, i := range names[0].facts {
			for _, k := range n.facts {
				if a, b := r.evidence.Facts[i].Value.Number, r.evidence.Facts[k].Value.Number; a.Valid() && b.Valid() && b.Float() != 0 && rounded(a.Float()/b.Float(), said, q.value) {
					return true
				}
			}
		}
		return false
	})
}

// rounded reports value as said, to the digits said.
func rounded(value, number float64, said string) bool {
	_, part, _ := strings.Cut(said, ".")
	return math.Abs(value-number) <= 0.5*math.Pow10(-len(part))+1e-9
}

// timesLimit reports n as the value in multiples of the limit it is beyond, or of
// the value before where the clause speaks of that one.
func (r *reviewing) timesLimit(q quantity, n float64, bound []int) bool {
	earlier := r.past(q.span)
	return slices.ContainsFunc(bound, func(i int) bool {
		f := r.evidence.Facts[i]
		if earlier && slices.ContainsFunc(f.Previous, func(p bot.Point) bool {
			return p.Same && rounded(times(f.Value.Number, p.Value.Number), n, q.value) || rounded(timesBeyond(p.Value.Number, p.Interval, p.Direction), n, q.value)
		}) {
			return true
		}
		return rounded(timesBeyond(f.Value.Number, f.Interval, f.Direction), n, q.value)
	})
}

// timesBeyond is a value in multiples of the limit it is beyond; 0 inside.
func timesBeyond(value bot.Decimal, i bot.Interval, d bot.Direction) float64 {
	switch d {
	case bot.DirectionHigh:
		return times(value, i.High)
	case bot.DirectionLow:
		return times(i.Low, value)
	}
	return 0
}

func times(a, b bot.Decimal) float64 {
	if !a.Valid() || !b.Valid() || b.Float() == 0 {
		return 0
	}
	return a.Float() / b.Float()
}
