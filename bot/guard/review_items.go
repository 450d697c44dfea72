package guard

import (
	"slices"
	"strings"

	"careline/bot"
)

// foreignItem is the item named right before a number in its clause, or before it
// where the text has named no other, that no fact is about: a value of the evidence
// told as another item's.
func (r *reviewing) foreignItem(q quantity) (span, bool) {
	if q.measure != "" || anyHolds(r.quoted, q.span) {
		return span{}, false
	}
	c := r.clauses[r.clauseOf(q.start)]
	from, own := c.start, 0
	for _, n := range r.names {
		if !n.quoted && n.end <= q.start {
			own = n.end
		}
	}
	if own == 0 && len(r.namesIn(c.span)) == 0 {
		from = 0
	}
	for i := len(r.found["lexicon.analyte"]) - 1; i >= 0; i-- {
		s := r.found["lexicon.analyte"][i]
		if s.start >= from && s.end <= q.start && s.start >= own && !anyOverlaps(r.nameSpans(), s) && !r.unlikelySymbol(s) && (from > 0 || !r.partOfName(s)) {
			told := r.inQuestion(q) && len(r.matching(everyFact(r.evidence.Facts), q.value)) == 0
			return s, !told && !r.inPassage(span{q.start, q.start + len(q.whole)})
		}
	}
	return span{}, false
}

// partOfName reports words that a name of a fact holds: 红细胞 for 平均红细胞体积.
func (r *reviewing) partOfName(s span) bool {
	return slices.ContainsFunc(r.evidence.Facts, func(f bot.Fact) bool {
		return slices.ContainsFunc(factNames(f), func(name string) bool { return strings.Contains(name, r.text[s.start:s.end]) })
	})
}

// dropPartNames drops a fact's name that is part of another item's: 血小板 in
// 平均血小板体积.
func (r *reviewing) dropPartNames() {
	r.names = slices.DeleteFunc(r.names, func(n naming) bool {
		return slices.ContainsFunc(r.found["lexicon.analyte"], func(s span) bool { return s.holds(n.span) && s != n.span })
	})
}
