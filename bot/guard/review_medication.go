package guard

import (
	"slices"
	"strings"

	"careline/bot"
)

// v7: no medication act: a drug with a start, a dose, a change or a stop.
// "Do not stop it on your own" and "ask the doctor about it" protect.
func (r *reviewing) v7() []bot.Violation {
	var all []bot.Violation
	for _, list := range []string{"medication.take", "medication.change", "medication.refrain", "medication.doses"} {
		for _, act := range r.found[list] {
			if why := r.medicationAct(list, act); why != "" {
				all = append(all, r.violation(act, "%s", why))
			}
		}
	}
	for _, q := range r.quantities {
		if dose := slices.Contains(doses, q.measure) || slices.Contains(doses, q.unit); dose && r.has("medication.drugs", r.sentenceSpan(r.clauseOf(q.start))) {
			all = append(all, r.violation(q.span, "a dose"))
		}
	}
	for _, s := range r.found["medication.recipes"] {
		if !anyHolds(r.quoted, s) {
			all = append(all, r.violation(s, "a recipe"))
		}
	}
	return all
}

// doses are what drugs are counted and weighed in.
var doses = []string{"片", "粒", "颗", "支", "tablet", "tablets", "pill", "pills", "capsule", "capsules", "mg", "g", "ug", "ml", "iu"}

func (r *reviewing) medicationAct(list string, act span) string {
	i := r.clauseOf(act.start)
	c := r.clauses[i]
	if anyHolds(r.quoted, act) || !r.has("medication.drugs", r.sentenceSpan(i)) || r.has("medication.consult", c.span) || c.question {
		return ""
	}
	// A protection covers its own words and a list that goes on from them.
	for _, p := range r.found["medication.protect"] {
		if list != "medication.doses" && (p.overlaps(act) || p.end <= act.start && r.onlyActs(span{p.end, act.start})) {
			return ""
		}
	}
	return "an act of medication: " + strings.TrimPrefix(list, "medication.")
}

// onlyActs reports that between a protection and an act there are only further
// acts and joining words: "do not start, change or stop".
func (r *reviewing) onlyActs(between span) bool {
	rest := []byte(r.text[between.start:between.end])
	for _, list := range []string{"medication.take", "medication.change"} {
		for _, s := range r.in(list, between) {
			for k := s.start; k < s.end; k++ {
				rest[k-between.start] = ' '
			}
		}
	}
	for _, w := range strings.FieldsFunc(string(rest), func(c rune) bool { return c == ' ' || c == ',' || c == '、' }) {
		if w != "or" && w != "and" && w != "或" && w != "或者" && w != "和" {
			return false
		}
	}
	return true
}
