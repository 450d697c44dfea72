package guard

import (
	"slices"
	"strings"

	"careline/bot"
)

// v7: no medication act: a drug or remedy with a start, a dose, a change or a
// stop. "Do not stop it on your own" and "ask the doctor about it" protect.
func (r *reviewing) v7() []bot.Violation {
	var all []bot.Violation
	safe := r.matches("medication.protective")
	for _, list := range []string{"medication.take", "medication.change", "medication.refrain", "medication.doses", "medication.acts"} {
		for _, act := range r.found[list] {
			if !anyOverlaps(safe, act) && r.medicationAct(list, act) {
				all = append(all, r.violation(act, "an act of medication: %s", strings.TrimPrefix(list, "medication.")))
			}
		}
	}
	for _, q := range r.quantities {
		if dose := slices.Contains(doses, q.measure) || slices.Contains(doses, q.unit); dose && r.remedyIn(r.sentenceSpan(r.clauseOf(q.start))) {
			all = append(all, r.violation(q.span, "a dose"))
		}
	}
	for _, s := range r.found["medication.recipes"] {
		if !anyHolds(r.quoted, s) {
			all = append(all, r.violation(s, "a recipe"))
		}
	}
	for _, s := range r.matches("medication.purchase") {
		if !r.negated(s) {
			all = append(all, r.violation(s, "a product to buy"))
		}
	}
	return all
}

// doses are what drugs are counted and weighed in.
var doses = []string{"片", "粒", "颗", "支", "tablet", "tablets", "pill", "pills", "capsule", "capsules", "mg", "g", "ug", "ml", "iu"}

// medicationAct reports an act beside a remedy that nothing in its clause leaves
// to a doctor, asks, or tells as an effect on results.
func (r *reviewing) medicationAct(list string, act span) bool {
	i := r.clauseOf(act.start)
	c := r.clauses[i]
	open := c.question || r.has("medication.consult", c.span) || r.opened(act, c)
	if anyHolds(r.quoted, act) || open || anyHolds(r.nameSpans(), act) || list != "medication.refrain" && r.protected(list, act) {
		return false
	}
	// How medicines move a result is knowledge; a change of one is not.
	if list == "medication.take" && r.has("medication.effect", c.span) {
		return false
	}
	switch list {
	case "medication.refrain":
		return true
	case "medication.acts":
		return r.has("medication.modal", span{c.start, act.start}) && !r.has("grammar.negators", span{c.start, act.start})
	}
	return r.remedyIn(r.sentenceSpan(i)) || r.nutrientTaken(act, c)
}

// opened reports a word that leaves open whether the act is done. In English it
// stands before the act: "hold it and see whether" leaves nothing open.
func (r *reviewing) opened(act span, c clause) bool {
	return slices.ContainsFunc(r.in("medication.open", c.span), func(s span) bool {
		return s.start < act.start || !latinLetter(r.text, s.start)
	})
}

// remedyIn reports a drug or remedy inside a span.
func (r *reviewing) remedyIn(within span) bool {
	return r.has("medication.drugs", within) || r.has("medication.named", within)
}

// nutrientTaken reports a nutrient right behind an act: "补充维生素D". As the item
// of a report it is no remedy.
func (r *reviewing) nutrientTaken(act span, c clause) bool {
	const near = 18 // bytes
	for _, n := range r.found["medication.nutrients"] {
		if c.holds(n) && n.end > act.end && n.start-act.end <= near && n.start >= act.start {
			return true
		}
	}
	return false
}

// farthestProtection is how far behind a protection its list of acts may end, in
// bytes.
const farthestProtection = 120

// protected: a protection covers its own words and a list that goes on from them.
func (r *reviewing) protected(list string, act span) bool {
	for _, p := range r.found["medication.protect"] {
		if act.start-p.end > farthestProtection {
			continue
		}
		if list != "medication.doses" && (p.overlaps(act) || p.end <= act.start && r.onlyActs(span{p.end, act.start})) {
			return true
		}
	}
	// "... on your own" protects behind the act.
	c := r.clauses[r.clauseOf(act.start)]
	if s, ok := r.nearestBefore("medication.protect", act, c); ok && act.start-s.end <= 12 && !r.has("medication.modal", span{s.end, act.start}) {
		return list != "medication.doses"
	}
	return r.has("medication.protect", span{act.end, c.end}) && r.has("grammar.negators", span{c.start, act.start})
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
