package guard

import (
	"math/big"
	"regexp"
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// v1: every number resolves to evidence.
func (r *reviewing) v1() []bot.Violation {
	var all []bot.Violation
	for _, d := range r.dates {
		if !anyHolds(r.quoted, d.span) && !r.knownDate(d) && !r.inPassage(d.span) {
			all = append(all, r.violation(d.span, "a date that is in no fact and not in the patient's words"))
		}
	}
	for _, s := range r.found["numbers.shares"] {
		if !anyHolds(r.quoted, s) && !strings.Contains(r.question, r.text[s.start:s.end]) {
			all = append(all, r.violation(s, "a share of people that is in no cited passage"))
		}
	}
	for _, q := range r.quantities {
		if r.judge(q) == numberUnknown {
			all = append(all, r.violation(q.span, "a number that is in no fact, no cited passage and not in the patient's words"))
		}
	}
	return all
}

// v2: a number belongs to the item its clause is about, with that item's unit.
func (r *reviewing) v2() []bot.Violation {
	var all []bot.Violation
	for _, q := range r.quantities {
		if at, ok := r.foreignItem(q); ok {
			all = append(all, r.violation(span{at.start, q.end}, "a number beside an item that is not in the evidence"))
			continue
		}
		switch r.judge(q) {
		case numberOfAnother:
			all = append(all, r.violation(q.span, "a number of another item than the one named here"))
		case numberUnit:
			all = append(all, r.violation(q.span, "a unit that is not this value's"))
		case numberDate:
			all = append(all, r.violation(q.span, "a value of another date than the one named here"))
		case numberRole:
			all = append(all, r.violation(q.span, "an end of the range told as the value, or the other way round"))
		case numberComparator:
			all = append(all, r.violation(q.span, "the report prints this value with < or >"))
		}
	}
	return all
}

// verdictOnNumber is what became of one number of a draft.
type verdictOnNumber int

const (
	numberFine verdictOnNumber = iota
	numberUnknown
	numberOfAnother
	numberUnit
	numberDate
	numberComparator
	numberRole
)

// measured is one number of a fact.
type measured struct {
	value      string
	units      []string
	date       bot.Date
	bound      bool   // of the interval
	comparator string // the printed value is a bound of detection
}

func (r *reviewing) judge(q quantity) verdictOnNumber {
	bound := r.bindNumber(q)
	switch {
	case q.foreign:
		return numberUnknown
	case q.measure != "":
		if r.counted(q, bound) {
			return numberFine
		}
		return numberUnknown
	}
	own := matching(r.evidence.Facts, bound, q.value)
	if len(own) > 0 {
		return r.judgeOwn(q, own)
	}
	if len(bound) == 0 && len(r.evidence.Facts) == 1 {
		bound = []int{0}
	}
	if len(bound) > 0 && r.difference(q, bound) {
		return numberFine
	}
	others := matching(r.evidence.Facts, everyFact(r.evidence.Facts), q.value)
	switch {
	case len(bound) == 0 && len(others) > 0:
		return r.judgeOwn(q, others)
	case len(others) > 0 && r.rangeOfNamed(q):
		return numberFine
	case len(others) > 0:
		return numberOfAnother
	case r.inQuestion(q), r.inPassage(span{q.start, q.start + len(q.whole)}) && !(len(bound) > 0 && r.has("numbers.person", r.clauses[r.clauseOf(q.start)].span)):
		return numberFine
	}
	return numberUnknown
}

// rangeOfNamed reports an end of a range, in a clause that names no item, of an
// item its sentence names: "both are above their ranges (3.5-9.5 and 0-5)".
func (r *reviewing) rangeOfNamed(q quantity) bool {
	i := r.clauseOf(q.start)
	if !r.paired(q) || len(r.namesIn(r.clauses[i].span)) > 0 {
		return false
	}
	return slices.ContainsFunc(r.namesIn(r.sentenceSpan(i)), func(n naming) bool {
		return slices.ContainsFunc(matching(r.evidence.Facts, n.facts, q.value), func(m measured) bool { return m.bound })
	})
}

// judgeOwn checks unit, date and comparator of a number the fact has.
func (r *reviewing) judgeOwn(q quantity, own []measured) verdictOnNumber {
	if q.unit != "" && !slices.ContainsFunc(own, func(m measured) bool {
		return slices.Contains(m.units, q.unit) || slices.Contains(m.units, r.words.unit(q.unit))
	}) {
		return numberUnit
	}
	bounds := slices.ContainsFunc(own, func(m measured) bool { return m.bound })
	values := slices.ContainsFunc(own, func(m measured) bool { return !m.bound })
	switch paired := r.paired(q); {
	case paired && !bounds, !values && !paired && !r.rangeWord(q) && !r.near("numbers.comparators", q.span):
		return numberRole
	case bounds:
		return numberFine
	}
	return r.judgeValue(q, own)
}

// paired reports a number written as one end of a range.
func (r *reviewing) paired(q quantity) bool {
	return pairAfter.MatchString(r.text[q.end:]) || pairBefore.MatchString(r.text[max(0, q.start-12):q.start])
}

var (
	pairAfter  = regexp.MustCompile(`^ ?(?:-{1,2}|~|–|—|至|到|to) ?\d`)
	pairBefore = regexp.MustCompile(`\d ?(?:-{1,2}|~|–|—|至|到|to) ?$`)
)

// rangeWord reports a clause that speaks of the range, or a comparator before q.
func (r *reviewing) rangeWord(q quantity) bool {
	return r.has("numbers.ranges", r.clauses[r.clauseOf(q.start)].span) || r.compared(q)
}

// judgeValue checks comparator and date of a number that is a measured value.
func (r *reviewing) judgeValue(q quantity, own []measured) verdictOnNumber {
	if !slices.ContainsFunc(own, func(m measured) bool { return m.comparator == "" }) && !r.compared(q) {
		return numberComparator
	}
	c := r.clauses[r.clauseOf(q.start)]
	dates, count := 0, 0
	var said dated
	for _, d := range r.dates {
		if c.holds(d.span) {
			dates, said = dates+1, d
		}
	}
	for _, o := range r.quantities {
		if c.holds(o.span) && o.measure == "" {
			count++
		}
	}
	if dates == 1 && count == 1 && !slices.ContainsFunc(own, func(m measured) bool { return m.date == "" || said.fits(m.date) }) {
		return numberDate
	}
	return numberFine
}

// near reports a word of a list shortly before at in its clause.
func (r *reviewing) near(list string, at span) bool {
	const near = 24 // bytes: "低于报告上的"
	s, ok := r.nearestBefore(list, at, r.clauses[r.clauseOf(at.start)])
	return ok && at.start-s.end <= near
}

// compared reports a comparator, sign or word, shortly before a number.
func (r *reviewing) compared(q quantity) bool {
	for _, s := range r.found["numbers.comparators"] {
		if s.end <= q.start && strings.TrimSpace(r.text[s.end:q.start]) == "" {
			return true
		}
	}
	return false
}

// bindNumber is bind; where values are listed "in that order", the number takes
// the name at its place.
func (r *reviewing) bindNumber(q quantity) []int {
	sentence := r.sentenceSpan(r.clauseOf(q.start))
	if r.has("numbers.ordered", sentence) {
		names := r.namesIn(sentence)
		place, count := 0, 0
		for _, o := range r.quantities {
			if sentence.holds(o.span) && o.measure == "" {
				if o.start == q.start {
					place = count
				}
				count++
			}
		}
		if count == len(names) && count > 0 {
			return names[place].facts
		}
	}
	return r.bind(q.span)
}

func everyFact(facts []bot.Fact) []int {
	all := make([]int, len(facts))
	for i := range all {
		all[i] = i
	}
	return all
}

// matching are the numbers equal to value that the facts hold.
func matching(facts []bot.Fact, which []int, value string) []measured {
	var all []measured
	for _, i := range which {
		f := facts[i]
		add := func(v bot.Value, interval bot.Interval, date bot.Date) {
			units := []string{canonicalUnit(v.Unit), canonicalUnit(v.UCUM)}
			if has(v.Number, v.Printed, value) {
				all = append(all, measured{value: value, units: units, date: date, comparator: v.Comparator})
			}
			if has(interval.Low, interval.Printed, value) || has(interval.High, "", value) {
				all = append(all, measured{value: value, units: units, bound: true})
			}
		}
		add(f.Value, f.Interval, f.Date)
		for _, p := range f.Previous {
			add(p.Value, p.Interval, p.Date)
		}
	}
	return all
}

// has reports whether a number, or digits of its printed text, equal value.
func has(number bot.Decimal, printed, value string) bool {
	if number.Valid() && canonicalDigits(strings.TrimLeft(number.String(), "+-")) == value {
		return true
	}
	for _, digits := range digitsPattern.FindAllString(fold.Text(printed), -1) {
		if canonicalDigits(digits) == value {
			return true
		}
	}
	return false
}

// inQuestion reports a number the patient wrote.
func (r *reviewing) inQuestion(q quantity) bool {
	for _, digits := range digitsPattern.FindAllString(r.question, -1) {
		if canonicalDigits(digits) == q.value {
			return true
		}
	}
	return false
}

// inPassage reports whether the same number with the same word after it stands
// in a cited passage about the items named here, or about none.
func (r *reviewing) inPassage(s span) bool {
	words := r.text[s.start:s.end]
	if r.text[s.end:] != "" && asciiDigit(words, len(words)-1) {
		next := []rune(r.text[s.end:])[0]
		words += string(next)
	}
	about := map[bot.AnalyteID]bool{}
	for _, i := range r.bind(s) {
		about[r.evidence.Facts[i].Analyte] = true
	}
	for _, p := range r.cited {
		at := strings.Index(p.Text, words)
		fits := len(about) == 0 || len(p.Analytes) == 0 || slices.ContainsFunc(p.Analytes, func(a bot.AnalyteID) bool { return about[a] })
		if at >= 0 && fits && !asciiDigit(p.Text, at-1) && !(at > 0 && p.Text[at-1] == '.') {
			return true
		}
	}
	return false
}

// difference reports "higher by 32": the distance to the comparable value before,
// or to the limit the value is beyond; in percent where the number says so.
func (r *reviewing) difference(q quantity, bound []int) bool {
	if !r.besideDifference(q) {
		return false
	}
	said, ok := new(big.Rat).SetString(q.value)
	if !ok {
		return false
	}
	for _, i := range bound {
		f := r.evidence.Facts[i]
		from := []bot.Decimal{f.Interval.Low, f.Interval.High}
		for _, p := range f.Previous {
			if p.Same {
				from = append(from, p.Value.Number)
			}
		}
		for _, other := range from {
			if other.Valid() && f.Value.Number.Valid() && apart(f.Value.Number.Rat(), other.Rat(), said, q) {
				return true
			}
		}
	}
	return false
}

// besideDifference reports a word of difference right beside a number: "高出约32",
// "32 U/L above".
func (r *reviewing) besideDifference(q quantity) bool {
	const before, behind = 12, 4 // bytes
	end := q.start + len(q.whole)
	return slices.ContainsFunc(r.found["numbers.difference"], func(s span) bool {
		return s.end <= q.start && q.start-s.end <= before && !strings.ContainsAny(r.text[s.end:q.start], ",.;:()0123456789") || s.start >= end && s.start-end <= behind && latinLetter(r.text, s.start) && !strings.ContainsAny(r.text[end:s.start], ",.;:()")
	})
}

// apart reports said as the distance between two numbers, exactly, or in percent
// of the second to the digits said.
func apart(value, from, said *big.Rat, q quantity) bool {
	d := new(big.Rat).Sub(value, from)
	if d.Abs(d); said.Cmp(d) == 0 {
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
