package guard

import (
	"slices"
	"strings"
	"unicode"

	"careline/bot"
)

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
	knowledge                  // asks what something is
	hypothetical               // what if
	feared                     // could it cause, I am afraid of
	cause                      // asks why, or what to do
	fiction                    // of a film, an exam, a leaflet: of nobody here
	animal                     // of a pet
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
	self: "self", relative: "relative", knowledge: "knowledge", hypothetical: "hypothetical", feared: "feared", cause: "cause", fiction: "fiction", animal: "animal", inCare: "in_care", reported: "reported",
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
	if m.ofNobody(s) {
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

// ofNobody reports a mention in a film, an exam or a leaflet, or of a pet, unless
// somebody speaks of themselves or of now beside it.
func (m *reading) ofNobody(s mention) bool {
	if m.inClause(s, present) || m.inClause(s, again) {
		return false
	}
	for _, t := range m.part(s, m.clauses) {
		if t.sign == animal && t.start < s.start {
			return true
		}
	}
	return m.inSentence(s, fiction) && !m.any(self, s.start-gapHan, s.end)
}

// deny finds out whether a negation reaches the mention (T1): denied, unsure when
// one stood there and ended before it, meant when there is none.
func (m *reading) deny(s mention) meaning {
	found := meant
	if m.deniesItself(s) {
		return meant
	}
	for _, n := range m.sentence(s) {
		if n.start >= s.end {
			break
		}
		if n.sign != negation && n.sign != directNot {
			continue
		}
		if m.reaches(n, s) {
			return denied
		}
		if m.clauses[n.start] == m.clauses[s.start] {
			found = unsure
		}
	}
	return found
}

// deniesItself: 不吃奶 and "can't breathe" say what fails; a denial in front of them
// belongs to something else.
func (m *reading) deniesItself(s mention) bool {
	first := m.runes[s.start]
	if first == '不' || first == '没' || first == '无' {
		return s.start == 0 || !strings.ContainsRune("不没无有", m.runes[s.start-1])
	}
	return false
}

func (m *reading) reaches(n token, s mention) bool {
	if n.start >= s.start { // inside a pair: 胸口不疼
		const beforeSecond = 3
		return n.end <= s.second && m.content(n.end, s.second) <= beforeSecond
	}
	if n.end > s.start || m.any(contrast, n.end, s.start) {
		return false
	}
	list := m.any(connector, n.end, s.start)
	if m.clauses[n.start] != m.clauses[s.start] && !m.listGoesOn(n, s) {
		return false
	}
	const atOnce, nominalReach = 1, 40
	between := m.content(n.end, s.start)
	switch {
	case n.sign == directNot:
		return between <= atOnce+1
	case list:
		return !m.any(symptomVerb, n.end+2, s.start)
	case s.clause || m.any(symptomVerb, s.end, s.end+1):
		// A subject with its verb, or a sign with 得厉害 behind it, is a statement of its own.
		return between <= atOnce
	}
	return s.start-n.end <= nominalReach && !m.any(symptomVerb, n.end+2, s.start)
}

// listGoesOn: "no fever, cough or chest pain" is one denied list.
func (m *reading) listGoesOn(n token, s mention) bool {
	to := min(s.end+gapLatin, len(m.runes))
	for to > s.end && m.sentences[to-1] != m.sentences[s.start] {
		to--
	}
	return m.any(connector, n.end, to) && !m.any(symptomVerb, n.end+1, s.start) && !m.any(self, n.end, s.start) && !m.any(present, n.end, s.start)
}

// time says whether the mention is over (T3).
func (m *reading) time(s mention, f redFlag) (meaning, string) {
	isPast := s.end < len(m.runes) && m.runes[s.end] == '过' // 胸痛过
	for _, t := range m.sentence(s) {
		if t.sign != past || !m.dates(t, s, f.level) || m.startsAfresh(t, s) {
			continue
		}
		if m.after(again, t.end) || m.any(present, t.end, s.end) || m.inClause(s, present) || m.any(again, s.start-gapHan, s.end) {
			return meant, "T3"
		}
		isPast = true
	}
	if isPast && (m.after(again, 0) || m.inClause(s, present)) {
		return meant, "T3"
	}
	if isPast {
		return history, "T3"
	}
	if f.lingers || !m.after(recovered, s.end) || m.after(again, s.end) {
		return meant, ""
	}
	if m.after(lately, 0) {
		return history, "T3"
	}
	if m.inSentence(s, present) {
		return meant, "T3"
	}
	return unsure, "T10"
}

// startsAfresh: a verb of onset after a word of the past speaks of now: 有高血压病史
// 突然嘴歪; right behind it, it belongs to the past: 去年突然晕倒.
func (m *reading) startsAfresh(t token, s mention) bool {
	const rightBehind = 2
	return t.end < s.start && m.any(symptomVerb, t.end+rightBehind, s.start)
}

// dates reports that a word of time is about the mention: before it in its
// sentence, for a crisis in its clause; English also puts the time behind.
func (m *reading) dates(t token, s mention, level bot.Level) bool {
	sameClause := m.clauses[t.start] == m.clauses[s.start]
	if t.start >= s.end {
		return sameClause && m.runes[t.start] <= unicode.MaxASCII
	}
	return sameClause || level != bot.LevelCrisis
}

// question says whether the mention is only asked about (T4).
func (m *reading) question(s mention, level bot.Level) (meaning, string) {
	rule := ""
	if level < bot.LevelCrisis && m.supposed(s) || m.fears(s) {
		return asked, "T4"
	}
	anchored := m.inClause(s, self) || m.inClause(s, relative) || m.inClause(s, present) || m.inClause(s, again) || m.inClause(s, lately)
	going := m.inClause(s, symptomVerb) || s.end < len(m.runes) && m.runes[s.end] == '了'
	if m.inSentence(s, knowledge) {
		switch {
		case anchored:
			rule = "T4"
		case going && !m.any(knowledge, 0, s.start):
			return unsure, "T10"
		default:
			return asked, "T4"
		}
	}
	if !anchored && m.asksOn(s) {
		return asked, "T4"
	}
	if m.inSentence(s, cause) && !anchored && !going && !m.after(self, 0) && !m.after(relative, 0) {
		return unsure, "T10"
	}
	return meant, rule
}

// asksOn: a question behind a question about things in general goes on with it.
func (m *reading) asksOn(s mention) bool {
	end := s.end
	for end < len(m.runes) && m.sentences[end] == m.sentences[s.start] {
		end++
	}
	if !strings.ContainsRune("?吗呢", m.runes[end-1]) {
		return false
	}
	before, _ := slices.BinarySearch(m.sentences, m.sentences[s.start]-1)
	return m.any(knowledge, before, s.start)
}

// supposed: after 如果, until somebody speaks of now. A wish to die is often put
// that way, and counts.
func (m *reading) supposed(s mention) bool {
	for _, t := range m.sentence(s) {
		if t.sign != hypothetical || t.start >= s.start {
			continue
		}
		sameClause := m.clauses[t.start] == m.clauses[s.start]
		now := m.inClause(s, present) || m.inClause(s, again)
		if sameClause && !now || !sameClause && !now && !m.inClause(s, self) {
			return true
		}
	}
	return false
}

// fears: in the clause of "could it cause", until something begins.
func (m *reading) fears(s mention) bool {
	for _, t := range m.part(s, m.clauses) {
		if t.sign == feared && t.start < s.start && !m.inClause(s, present) && !m.inClause(s, again) && !m.any(symptomVerb, t.end, s.start) {
			return true
		}
	}
	return false
}

// asks reports that the clause of a mention asks something.
func (m *reading) asks(s mention) bool {
	for i := s.start; i < len(m.runes) && m.clauses[i] == m.clauses[s.start]; i++ {
		if strings.ContainsRune("?吗呢", m.runes[i]) {
			return true
		}
	}
	return false
}

// content counts the characters of a stretch that are not fillers or marks.
func (m *reading) content(from, to int) int {
	n := 0
	for i := from; i < to; i++ {
		if m.runes[i] != ' ' {
			n++
		}
	}
	for _, t := range m.tokens[m.index(from):] {
		if t.start >= to {
			break
		}
		if t.end <= to && (t.sign == filler || t.sign == symptomVerb && t.start <= from+1) {
			for i := t.start; i < t.end; i++ {
				if m.runes[i] != ' ' {
					n--
				}
			}
		}
	}
	return n
}

// any reports that a word of the group begins in [from, to).
func (m *reading) any(group signID, from, to int) bool {
	for _, t := range m.tokens[m.index(from):] {
		if t.start >= to {
			break
		}
		if t.sign == group {
			return true
		}
	}
	return false
}

// after reports that a word of the group begins at from or later.
func (m *reading) after(group signID, from int) bool { return m.last[group] >= from }

// index is the first token that begins at from or later.
func (m *reading) index(from int) int {
	i, _ := slices.BinarySearchFunc(m.tokens, from, func(t token, from int) int { return t.start - from })
	return i
}

// sentence are the tokens of the mention's sentence.
func (m *reading) sentence(s mention) []token { return m.part(s, m.sentences) }

func (m *reading) part(s mention, parts []int) []token {
	from, _ := slices.BinarySearch(parts, parts[s.start])
	to, _ := slices.BinarySearch(parts, parts[s.start]+1)
	return m.tokens[m.index(from):m.index(to)]
}

func (m *reading) inSentence(s mention, group signID) bool { return holds(m.sentence(s), group) }
func (m *reading) inClause(s mention, group signID) bool   { return holds(m.part(s, m.clauses), group) }

func holds(tokens []token, group signID) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.sign == group })
}
