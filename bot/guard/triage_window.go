package guard

import (
	"slices"
)

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

func (m *reading) inClause(s mention, group signID) bool { return holds(m.part(s, m.clauses), group) }

func holds(tokens []token, group signID) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.sign == group })
}
