package guard

import "slices"

// foreignItem is the item named right before a number in its clause that no fact
// is about: a value of the evidence told as another item's.
func (r *reviewing) foreignItem(q quantity) (span, bool) {
	told := r.inQuestion(q) && len(matching(r.evidence.Facts, everyFact(r.evidence.Facts), q.value)) == 0
	if q.measure != "" || anyHolds(r.quoted, q.span) || told || r.inPassage(span{q.start, q.start + len(q.whole)}) {
		return span{}, false
	}
	c := r.clauses[r.clauseOf(q.start)]
	own := c.start
	for _, n := range r.namesIn(span{c.start, q.start}) {
		own = max(own, n.end)
	}
	for i := len(r.found["lexicon.analyte"]) - 1; i >= 0; i-- {
		s := r.found["lexicon.analyte"][i]
		if c.holds(s) && s.end <= q.start && s.start >= own && !anyOverlaps(r.nameSpans(), s) && !r.unlikelySymbol(s) {
			return s, true
		}
	}
	return span{}, false
}

// dropPartNames drops a fact's name that is part of another item's: 血小板 in
// 平均血小板体积.
func (r *reviewing) dropPartNames() {
	r.names = slices.DeleteFunc(r.names, func(n naming) bool {
		return slices.ContainsFunc(r.found["lexicon.analyte"], func(s span) bool { return s.holds(n.span) && s != n.span })
	})
}
