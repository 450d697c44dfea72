package guard

import (
	"slices"

	"careline/bot"
)

// v4: "everything is normal" needs every item final, judged and within its
// range; "the others" needs every item that is not to be named; "only A is high"
// needs no other that is. A critical value is never left out.
func (r *reviewing) v4() []bot.Violation {
	var all []bot.Violation
	for _, s := range r.allNormal() {
		rest := r.has("normal.rest", r.clauses[r.clauseOf(s.start)].span)
		if slices.ContainsFunc(everyFact(r.evidence.Facts), func(i int) bool { return !r.fine(i) && !(rest && r.named(i)) }) {
			all = append(all, r.violation(s, "not every item is final, has a range and lies inside it"))
		} else if len(r.evidence.Facts) == 0 {
			all = append(all, r.violation(s, "there is no result this could be said of"))
		}
	}
	for _, s := range r.noneOut() {
		if slices.ContainsFunc(everyFact(r.evidence.Facts), r.isOut) {
			all = append(all, r.violation(s, "an item is outside its range"))
		}
	}
	for _, s := range r.found["normal.only"] {
		if r.leavesOut(s) {
			all = append(all, r.violation(s, "it is not the only item outside its range"))
		}
	}
	for i, f := range r.evidence.Facts {
		if f.Critical != nil && !r.named(i) {
			all = append(all, r.overText("the critical value of %s is not mentioned", f.ID)...)
		}
	}
	return all
}

// allNormal are the words that say so of every item, or of the rest.
func (r *reviewing) allNormal() []span {
	var all []span
	for _, s := range r.found["normal.all"] {
		if i := r.clauseOf(s.start); len(r.namesIn(r.phraseSpan(i))) == 0 && !r.negatedAnywhere(s, r.clauses[i]) && !r.has("normal.some", r.clauses[i].span) {
			all = append(all, s)
		}
	}
	for _, s := range append(slices.Clone(r.found["direction.within"]), r.found["direction.negative"]...) {
		i := r.clauseOf(s.start)
		before := span{r.clauses[i].start, s.start}
		if len(r.namesIn(r.phraseSpan(i))) == 0 && r.everyItem(before, r.sentenceSpan(i)) && !r.has("grammar.negators", before) && !r.expected(s) {
			all = append(all, s)
		}
	}
	return slices.DeleteFunc(all, r.saysNothing)
}

// expected reports "negative" said of what the range asks for.
func (r *reviewing) expected(s span) bool {
	return anyHolds(r.found["direction.negative"], s) && r.has("numbers.ranges", r.clauses[r.clauseOf(s.start)].span)
}

// everyItem reports words that stand for every item, for the rest, or for as many
// as the report has; a mere "都" where the sentence names none.
func (r *reviewing) everyItem(before, sentence span) bool {
	count := r.itemCount(before)
	switch {
	case r.has("normal.some", before):
		return false
	case r.has("normal.every", before), r.has("normal.rest", before):
		return true
	case count > 0:
		return count >= len(r.evidence.Facts)
	}
	return r.has("numbers.both", before) && len(r.namesIn(sentence)) == 0 && (len(r.evidence.Facts) == 2 || !r.has("numbers.measures", before))
}

// noneOut are the words that say that no item lies outside its range.
func (r *reviewing) noneOut() []span {
	var all []span
	for _, s := range r.found["direction.out"] {
		i := r.clauseOf(s.start)
		none := r.has("direction.none", r.clauses[i].span) || r.has("direction.unseen", span{r.clauses[i].start, s.start})
		if none && !r.has("direction.refusal", r.sentenceSpan(i)) && len(r.namesIn(r.sentenceSpan(i))) == 0 {
			all = append(all, s)
		}
	}
	return slices.DeleteFunc(all, r.saysNothing)
}

// saysNothing reports words of a quotation, a question, a condition, of other
// people or feelings.
func (r *reviewing) saysNothing(s span) bool {
	c := r.clauses[r.clauseOf(s.start)]
	return anyHolds(r.quoted, s) || r.supposed(c) || r.has("direction.others", c.span) || r.has("direction.feelings", c.span)
}

func (r *reviewing) isOut(i int) bool {
	f := r.evidence.Facts[i]
	d := f.Direction
	positive, known := quality(f)
	normally, _ := quality(bot.Fact{Value: bot.Value{Printed: f.Interval.Printed}})
	if known && positive && !normally && !f.Value.Number.Valid() && f.Interval.Printed != "" {
		return true
	}
	return f.Judged && f.Status.Usable() && (d == bot.DirectionHigh || d == bot.DirectionLow)
}

// leavesOut reports "only A is high" where another item lies outside its range too
// and the text does not name it.
func (r *reviewing) leavesOut(s span) bool {
	i := r.clauseOf(s.start)
	c := r.clauses[i]
	after := span{s.end, c.end}
	if anyHolds(r.quoted, s) || r.supposed(c) || len(r.namesIn(after)) == 0 || len(r.claims(after)) == 0 || r.has("direction.within", after) {
		return false
	}
	return slices.ContainsFunc(everyFact(r.evidence.Facts), func(k int) bool {
		return r.isOut(k) && !r.named(k)
	})
}

// fine reports an item that may be counted among the normal: its own result lies
// inside, or, where it is only what the patient said, that of the report does.
func (r *reviewing) fine(i int) bool {
	f := r.evidence.Facts[i]
	return plainlyWithin(f) || f.Kind == bot.FactStated && f.Direction == bot.DirectionUnknown && slices.ContainsFunc(r.evidence.Facts, func(o bot.Fact) bool {
		return o.Kind != bot.FactStated && o.Analyte == f.Analyte && plainlyWithin(o) && o.Value.Number.Valid() && f.Value.Number.Valid() && o.Value.Number.Cmp(f.Value.Number) == 0
	})
}

func plainlyWithin(f bot.Fact) bool {
	return f.Judged && f.Status.Usable() && f.Direction == bot.DirectionWithin
}

// negatedAnywhere reports a negator before s in its clause: "I cannot say that
// everything is normal".
func (r *reviewing) negatedAnywhere(s span, c clause) bool {
	return r.has("grammar.negators", span{c.start, s.start})
}
