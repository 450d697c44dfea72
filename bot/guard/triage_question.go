package guard

import (
	"slices"
	"strings"

	"careline/bot"
)

// question says whether the mention is only asked about (T4).
func (m *reading) question(s mention, level bot.Level) (meaning, string) {
	rule := ""
	if level < bot.LevelCrisis && m.supposed(s) || m.fears(s, level) {
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

// fears: in the clause of "could it cause", until something begins. A wish to die
// further on is a statement of its own: 怕疼但真的想死.
func (m *reading) fears(s mention, level bot.Level) bool {
	for _, t := range m.part(s, m.clauses) {
		if level == bot.LevelCrisis && (s.start-t.end > gapHan || m.any(contrast, t.end, s.start)) {
			continue
		}
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
