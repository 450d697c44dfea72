package guard

import (
	"slices"

	"careline/bot"
)

// v4: "everything is normal" needs every item final, judged and within its
// range; "the others" needs every item that is not to be named. A critical value
// is never left out.
func (r *reviewing) v4() []bot.Violation {
	var all []bot.Violation
	for _, s := range r.found["normal.all"] {
		c := r.clauses[r.clauseOf(s.start)]
		if anyHolds(r.quoted, s) || r.supposed(c) || r.has("direction.others", c.span) || r.negatedAnywhere(s, c) || len(r.namesIn(c.span)) > 0 {
			continue
		}
		rest := r.has("normal.rest", c.span)
		if slices.ContainsFunc(everyFact(r.evidence.Facts), func(i int) bool { return !plainlyWithin(r.evidence.Facts[i]) && !(rest && r.named(i)) }) {
			all = append(all, r.violation(s, "not every item is final, has a range and lies inside it"))
		} else if len(r.evidence.Facts) == 0 {
			all = append(all, r.violation(s, "there is no result this could be said of"))
		}
	}
	for i, f := range r.evidence.Facts {
		if f.Critical != nil && !r.named(i) {
			all = append(all, r.overText("the critical value of %s is not mentioned", f.ID)...)
		}
	}
	return all
}

func plainlyWithin(f bot.Fact) bool {
	return f.Judged && f.Status.Usable() && f.Direction == bot.DirectionWithin
}

// negatedAnywhere reports a negator before s in its clause: "I cannot say that
// everything is normal".
func (r *reviewing) negatedAnywhere(s span, c clause) bool {
	return r.has("grammar.negators", span{c.start, s.start})
}
