package guard

import (
	"unicode/utf8"

	"careline/bot"
)

// v6: no condition is asserted or excluded for this person. Lists of causes,
// questions, conditions and what the patient told are no assertions.
func (r *reviewing) v6() []bot.Violation {
	var all []bot.Violation
	for _, list := range []string{"diagnosis.assert", "diagnosis.exclude"} {
		for _, verb := range r.found[list] {
			c := r.clauses[r.clauseOf(verb.start)]
			condition, ok := r.conditionAfter(verb, c)
			if !ok || anyHolds(r.quoted, condition) || r.supposed(c) || r.has("diagnosis.uncertain", c.span) || r.told(condition, c) {
				continue
			}
			if list == "diagnosis.assert" {
				all = append(all, r.violation(span{verb.start, condition.end}, "a diagnosis asserted for this person"))
			} else {
				all = append(all, r.violation(span{verb.start, condition.end}, "a diagnosis excluded for this person"))
			}
		}
	}
	return all
}

// conditionAfter is the first condition shortly after a verb in its clause.
func (r *reviewing) conditionAfter(verb span, c clause) (span, bool) {
	const near = 14 // characters
	for _, s := range r.in("lexicon.condition", span{verb.end, c.end}) {
		if utf8.RuneCountInString(r.text[verb.end:s.start]) <= near || latinLetter(r.text, s.start) && s.start-verb.end <= 3*near {
			return s, true
		}
		break
	}
	// A verb may run into its condition: "your diabetes".
	for _, s := range r.found["lexicon.condition"] {
		if s.overlaps(verb) && s.end > verb.end && s.end <= c.end {
			return s, true
		}
	}
	return span{}, false
}

// told reports a condition the patient named, repeated as theirs.
func (r *reviewing) told(condition span, c clause) bool {
	return r.has("diagnosis.told", c.span) && containsFolded(r.question, r.text[condition.start:condition.end])
}
