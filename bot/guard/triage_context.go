package guard

import "careline/bot"

// The groups of grammar.yaml: words that say how a sign is meant. They come
// first among the signs, in this order.
const (
	noise        signID = iota // longer words that hide shorter ones
	negation                   // reaches to the end of its clause
	directNot                  // denies only what follows at once
	filler                     // may stand between a negation and what it denies
	contrast                   // ends a negation: but, just
	symptomVerb                // ends a negation in run-on text: has, feels
	connector                  // continues a denied list: or
	again                      // makes the past present
	present                    // now, today
	lately                     // yesterday, a few days ago
	past                       // last year, used to
	recovered                  // it has passed
	deceased                   // of somebody who died
	self                       // I, my
	relative                   // my mother, he
	animal                     // my cat had
	fiction                    // of a film, an exam, a form, a dream: of nobody here
	knowledge                  // asks what something is
	hypothetical               // what if
	feared                     // could it cause, I am afraid of
	cause                      // asks why, or what to do
	inCare                     // in hospital already
	reported                   // a doctor said
	arrived                    // replies under a standing emergency, from here on
	calledHelp
	cannotGo
	mistaken
)

var grammarGroups = [...]string{
	noise: "noise", negation: "negation", directNot: "direct_not", filler: "filler", contrast: "contrast", symptomVerb: "symptom_verb",
	connector: "connector", again: "again", present: "present", lately: "lately", past: "past", recovered: "recovered", deceased: "deceased",
	self: "self", relative: "relative", animal: "animal", fiction: "fiction", knowledge: "knowledge", hypothetical: "hypothetical", feared: "feared", cause: "cause", inCare: "in_care", reported: "reported",
	arrived: "arrived", calledHelp: "called_help", cannotGo: "cannot_go", mistaken: "mistaken",
}

// meaning is how a sign is meant, from not at all to here and now.
type meaning int

const (
	denied  meaning = iota
	history         // over, or of somebody who died
	asked           // a question about it in general
	unsure          // may be here and now: a person looks (T10)
	meant           // here and now
)

// judge says how a mention is meant and by which rule of triage, "" if none was needed.
func (m *reading) judge(s mention, f redFlag) (meaning, string) {
	rule := ""
	if s.variant {
		rule = "T8"
	}
	switch how := m.deny(s); {
	case how == denied && !f.firm:
		return denied, "T1"
	case how != meant:
		rule = "T1"
	}
	if f.request {
		told := s.sign == f.all[0] && m.any(reported, 0, s.start) && m.inClause(s, reported)
		if told && (f.level == bot.LevelHuman || !m.asks(s)) {
			return asked, "T7"
		}
		return meant, rule
	}
	if m.inSentence(s, deceased) {
		return history, "T2"
	}
	if m.ofAnimal(s) {
		return asked, "T2"
	}
	if m.inFiction(s) {
		return asked, "T4"
	}
	over, ruleOfTime := m.time(s, f)
	if over < meant {
		return over, ruleOfTime
	}
	how, ruleOfQuestion := m.question(s, f.level)
	if how < meant && !(f.level == bot.LevelCrisis && m.after(self, 0)) {
		return how, ruleOfQuestion
	}
	if f.level < bot.LevelCrisis && m.after(inCare, 0) {
		return unsure, "T10"
	}
	switch {
	case ruleOfTime != "":
		rule = ruleOfTime
	case ruleOfQuestion != "":
		rule = ruleOfQuestion
	case rule == "" && m.inSentence(s, relative):
		rule = "T2"
	}
	return meant, rule
}

// ofAnimal: it happened to an animal, unless a person is named in between.
func (m *reading) ofAnimal(s mention) bool {
	for _, t := range m.part(s, m.clauses) {
		if t.sign == animal && t.start <= s.start && !m.any(self, t.end, s.start) && !m.any(relative, t.end, s.start) {
			return true
		}
	}
	return false
}

// inFiction reports a mention in a film, an exam, a form or a dream, unless
// somebody speaks of themselves right before it or of now beside it.
func (m *reading) inFiction(s mention) bool {
	if m.inClause(s, present) || m.inClause(s, again) {
		return false
	}
	return m.inSentence(s, fiction) && !m.any(self, s.start-gapHan, s.end)
}
