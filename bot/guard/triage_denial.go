package guard

import (
	"strings"
)

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
