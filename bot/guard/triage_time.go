package guard

import (
	"unicode"

	"careline/bot"
)

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
