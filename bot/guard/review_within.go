package guard

import (
	"regexp"
	"slices"
)

// withinPattern is a value said to lie in a range: "在40-55之内", "within 115-150".
var withinPattern = regexp.MustCompile(`(?:在|落在|处于|位于) ?[\d.]+ ?(?:-|~|–|—|至|到) ?[\d.]+[^,。;]{0,12}?(?:之内|以内|范围内|之间|范围里|区间内|里面)|(?:within|inside|between) [\d.]+(?: ?(?:-|–|to|and) ?)[\d.]+`)

// findWithin adds what says that a value lies in a range with words or numbers in
// between: "within its printed range", "在40-55之内".
func (r *reviewing) findWithin() {
	add := func(list string, s span) {
		if !anyOverlaps(r.found[list], s) {
			r.found[list] = append(r.found[list], s)
		}
	}
	for _, piece := range piecesWithDigits(r.text, 2) {
		for _, m := range withinPattern.FindAllStringIndex(r.text[piece.start:piece.end], -1) {
			add("direction.within", span{piece.start + m[0], piece.start + m[1]})
		}
	}
	for _, s := range r.places("direction.outside") {
		add("direction.out", s)
	}
	for _, s := range r.places("direction.inside") {
		if !anyOverlaps(r.found["direction.out"], s) {
			add("direction.within", s)
		}
	}
	for _, list := range []string{"direction.within", "direction.out"} {
		slices.SortFunc(r.found[list], func(a, b span) int { return a.start - b.start })
	}
}

// places are the words of a list with the range that follows them shortly.
func (r *reviewing) places(list string) []span {
	const near = 48 // bytes
	var all []span
	for _, in := range r.found[list] {
		c := r.clauses[r.clauseOf(in.start)]
		for _, of := range r.found["direction.range"] {
			if of.start < in.end {
				continue
			}
			between := span{in.end, of.start}
			other := slices.ContainsFunc([]string{"direction.high", "direction.low", "direction.out", "direction.ordinary", "direction.inside"}, func(list string) bool { return r.has(list, between) })
			if of.start-in.end <= near && c.holds(of) && !other {
				all = append(all, span{in.start, of.end})
			}
			break
		}
	}
	return all
}
