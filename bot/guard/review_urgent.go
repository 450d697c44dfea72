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
		return append(all, r.tooUrgent()...)
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

// tooUrgent are calls for action now that stand without a condition although code
// computed that there is time: the danger signs to watch for are a condition, and
// what the patient told of may be one.
func (r *reviewing) tooUrgent() []bot.Violation {
	if r.draft.Level >= bot.LevelEmergency || r.farOut() || r.tellsSymptom() {
		return nil
	}
	var all []bot.Violation
	for _, s := range r.found["urgency.at_once"] {
		i := r.clauseOf(s.start)
		whole := r.sentenceSpan(i)
		conditional := r.has("grammar.conditions", whole) || r.has("urgency.signs", whole) || r.has("lexicon.symptom", whole)
		if conditional || r.clauses[i].question || r.has("grammar.negators", span{r.clauses[i].start, s.start}) || anyHolds(r.quoted, s) || r.inQuotationMarks(s) {
			continue
		}
		all = append(all, r.violation(s, "an action more urgent than this calls for (%s)", r.draft.Tier))
	}
	return all
}

// farOut reports a value so far beyond its limit that a call for action now is
// left to the writer where no rule speaks of the item.
func (r *reviewing) farOut() bool {
	const far = 3 // times the limit
	return slices.ContainsFunc(r.evidence.Facts, func(f bot.Fact) bool { return timesBeyond(f.Value.Number, f.Interval, f.Direction) >= far })
}

// tellsSymptom reports a symptom in the patient's words.
func (r *reviewing) tellsSymptom() bool {
	found := r.words.phrases.find(r.question)
	return len(found["lexicon.symptom"]) > 0 || len(found["urgency.signs"]) > 0
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
