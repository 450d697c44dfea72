package guard

import (
	"slices"
	"strings"

	"careline/bot"
)

// v5: with a critical fact the required action is there; with one, or where the
// tier calls for action today, nothing delays or reassures; where it calls for
// any, nothing speaks against it.
func (r *reviewing) v5() []bot.Violation {
	critical := r.criticalAction()
	action := max(critical, r.draft.Tier)
	var all []bot.Violation
	for _, s := range r.found["urgency.dismiss"] {
		if c := r.clauses[r.clauseOf(s.start)]; action > bot.TierHome && !anyHolds(r.quoted, s) && !r.inQuotationMarks(s) && !r.negated(s) && !r.supposed(c) {
			all = append(all, r.violation(s, "a phrase against the action this calls for (%s)", action))
		}
	}
	if action < bot.TierToday {
		return all
	}
	if critical >= bot.TierToday && !r.calls("urgency.now") && !(critical == bot.TierToday && r.calls("urgency.today")) {
		all = append(all, r.overText("the required action (%s) is not there", critical)...)
	}
	for _, s := range r.found["urgency.delay"] {
		c := r.clauses[r.clauseOf(s.start)]
		if anyHolds(r.quoted, s) || r.inQuotationMarks(s) || r.negated(s) || r.has("urgency.hope", span{c.start, s.start}) || c.question {
			continue
		}
		all = append(all, r.violation(s, "a phrase that delays or reassures although action is needed (%s)", action))
	}
	return all
}

// calls reports an action of the list that is not negated.
func (r *reviewing) calls(list string) bool {
	return slices.ContainsFunc(r.found[list], func(s span) bool { return !r.negated(s) })
}

// criticalAction is the most urgent action of the critical facts; home without one.
func (r *reviewing) criticalAction() bot.Tier {
	action := bot.TierHome
	for _, f := range r.evidence.Facts {
		if f.Critical != nil {
			action = max(action, f.Critical.Action, bot.TierToday)
		}
	}
	return action
}

// inQuotationMarks reports words that stand between quotation marks.
func (r *reviewing) inQuotationMarks(s span) bool {
	c := r.sentenceSpan(r.clauseOf(s.start))
	before, after := r.text[c.start:s.start], r.text[s.end:c.end]
	for _, q := range [][2]string{{"“", "”"}, {"「", "」"}, {"『", "』"}} {
		if strings.LastIndex(before, q[0]) > strings.LastIndex(before, q[1]) && strings.Contains(after, q[1]) {
			return true
		}
	}
	return strings.Count(before, `"`)%2 == 1 && strings.Contains(after, `"`)
}
