package guard

import (
	"regexp"
	"slices"
	"strings"

	"careline/bot"
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

func (r *reviewing) judge(q quantity) verdictOnNumber {
	if known, done := r.judged[q.start]; done {
		return known
	}
	verdict := r.judgeOnce(q)
	if r.judged == nil {
		r.judged = map[int]verdictOnNumber{}
	}
	r.judged[q.start] = verdict
	return verdict
}

func (r *reviewing) judgeOnce(q quantity) verdictOnNumber {
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
	if own := r.matching(bound, q.value); len(own) > 0 {
		return r.judgeOwn(q, own)
	}
	if r.difference(q, bound) || r.ratio(q) {
		return numberFine
	}
	others := r.matching(everyFact(r.evidence.Facts), q.value)
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
	if !q.paired || len(r.namesIn(r.clauses[i].span)) > 0 {
		return false
	}
	return slices.ContainsFunc(r.namesIn(r.sentenceSpan(i)), func(n naming) bool {
		return slices.ContainsFunc(r.matching(n.facts, q.value), func(m measured) bool { return m.bound })
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
	switch paired := q.paired; {
	case paired && !bounds && !r.movement(q), !values && !paired && !r.rangeWord(q) && !r.near("numbers.comparators", q.span):
		return numberRole
	case bounds:
		return numberFine
	}
	return r.judgeValue(q, own)
}

// writtenAsEnd reports a number written as one end of a range.
func (r *reviewing) writtenAsEnd(q quantity) bool {
	if pairAfter.MatchString(r.text[q.end:min(len(r.text), q.end+12)]) {
		return true
	}
	from := max(0, q.start-12)
	m := pairBefore.FindStringIndex(r.text[from:q.start])
	return m != nil && !slices.ContainsFunc(r.dates, func(d dated) bool { return d.start <= from+m[0] && from+m[0] < d.end })
}

var (
	pairAfter  = regexp.MustCompile(`^ ?(?:-{1,2}|~|–|—|至|到|to) ?\d`)
	pairBefore = regexp.MustCompile(`\d ?(?:-{1,2}|~|–|—|至|到|to) ?$`)
)

// rangeWord reports a clause that speaks of the range, or a comparator before q.
func (r *reviewing) rangeWord(q quantity) bool {
	i := r.clauseOf(q.start)
	return r.has("numbers.ranges", r.clauses[i].span) || r.compared(q) || i > 0 && r.bracketed(i) && r.has("numbers.ranges", r.clauses[i-1].span)
}

// movement reports one of two values told as the way from one to the other, "from
// 171 to 148", where no range is spoken of.
func (r *reviewing) movement(q quantity) bool {
	bound := r.bindNumber(q)
	return !r.rangeWord(q) && slices.ContainsFunc(r.quantities, func(o quantity) bool {
		apart := max(o.start-q.end, q.start-o.end)
		return o.start != q.start && apart >= 0 && apart <= 24 && o.paired && slices.ContainsFunc(r.matching(bound, o.value), func(m measured) bool { return !m.bound })
	})
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
