package guard

import (
	"slices"
	"unicode"
)

// mention is a sign found in a message.
type mention struct {
	sign       signID
	start, end int
	second     int // where the second word of a pair starts
	clause     bool
	variant    bool
}

// Two words of a pair stand at most this many characters apart: a Chinese clause
// is short, English puts small words between.
const (
	gapHan   = 11
	gapLatin = 36
)

// mentions are the signs of a message: single words and pairs.
func (r *redFlags) mentions(m *reading) []mention {
	var all []mention
	for _, t := range m.tokens {
		if int(t.sign) >= len(grammarGroups) {
			all = append(all, mention{sign: t.sign, start: t.start, end: t.end, clause: t.clause, variant: t.variant})
		}
	}
	all = append(all, r.vitals(m)...)
	slices.SortStableFunc(all, func(a, b mention) int { return a.start - b.start })
	singles := len(all)
	for i, a := range all[:singles] {
		for _, b := range all[i+1 : singles] {
			if b.start-a.end > gapLatin {
				break
			}
			if !m.close(a, b) || r.parted(all[i+1:singles], a, b) {
				continue
			}
			for _, s := range r.pairs[pair{a.sign, b.sign}] {
				if written(all[:singles], i, s, b.end) {
					continue
				}
				all = append(all, mention{sign: s, start: a.start, end: b.end, second: b.start, clause: true, variant: a.variant || b.variant})
			}
		}
	}
	return all
}

// parted reports that another part of the body stands between a part and what is
// said, so that it is said of that one.
func (r *redFlags) parted(following []mention, a, b mention) bool {
	if !r.parts[a.sign] && !r.parts[b.sign] {
		return false
	}
	for _, between := range following {
		if between.start >= b.start {
			return false
		}
		if r.parts[between.sign] && between.start >= a.end && between.end <= b.start {
			return true
		}
	}
	return false
}

// written reports that the pair of mention i up to end is one word of its own
// ("胸痛"), which is no statement with a subject and a verb.
func written(singles []mention, i int, s signID, end int) bool {
	start := singles[i].start
	for i > 0 && singles[i-1].start == start {
		i--
	}
	for ; i < len(singles) && singles[i].start == start; i++ {
		if singles[i].sign == s && singles[i].end >= end {
			return true
		}
	}
	return false
}

func (m *reading) close(a, b mention) bool {
	if a.end >= b.end || a.start == b.start || m.written[a.start] != m.written[b.start] {
		return false
	}
	most := gapLatin
	if unicode.Is(unicode.Han, m.runes[b.start]) {
		most = gapHan
	}
	return b.start-a.end <= most
}

// origin is the byte span of a mention in the message as written.
func (m *reading) origin(s mention) (int, int) {
	return m.folded.Origin(m.starts[s.start], m.ends[s.end-1])
}
