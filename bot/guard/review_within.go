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
	const near = 48 // bytes
	add := func(s span) {
		if !anyOverlaps(r.found["direction.within"], s) {
			r.found["direction.within"] = append(r.found["direction.within"], s)
		}
	}
	for _, piece := range piecesWithDigits(r.text, 2) {
		for _, m := range withinPattern.FindAllStringIndex(r.text[piece.start:piece.end], -1) {
			add(span{piece.start + m[0], piece.start + m[1]})
		}
	}
	for _, in := range r.found["direction.inside"] {
		c := r.clauses[r.clauseOf(in.start)]
		for _, of := range r.found["direction.range"] {
			s := span{in.start, of.end}
			if of.start >= in.end && of.start-in.end <= near && c.holds(s) {
				if !slices.ContainsFunc([]string{"direction.high", "direction.low", "direction.out", "direction.ordinary", "direction.inside", "numbers.ranges"}, func(list string) bool { return r.has(list, span{in.end, of.start}) }) {
					add(s)
				}
				break
			}
		}
	}
	slices.SortFunc(r.found["direction.within"], func(a, b span) int { return a.start - b.start })
}
