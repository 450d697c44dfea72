package guard

import (
	"slices"
	"strings"
	"unicode"

	"careline/bot/fold"
)

// reading is one message in canonical form with the words found in it. Positions
// are in canonical characters.
type reading struct {
	folded    fold.Folded
	runes     []rune
	starts    []int // byte offsets of each character in the folded text
	ends      []int
	sentences []int // number of the sentence each character stands in
	clauses   []int
	written   []int                   // clauses by their marks alone: a pause does not part a pair
	tokens    []token                 // by start, none hidden in a longer one
	last      [len(grammarGroups)]int // where the last word of each group starts, -1 if there is none
}

// token is one word of the lexicon in a message.
type token struct {
	word
	start, end int
}

// read brings a folded text into triage's canonical form: no apostrophes, no
// marks that only split a word, simplified characters.
func (x *lexicon) read(f fold.Folded) reading {
	m := reading{folded: f}
	text := []rune(f.Text())
	at := 0
	for i, r := range text {
		width := len(string(r))
		if !splitsWord(text, i) {
			if plain, ok := x.simplified[r]; ok {
				r = plain
			}
			m.runes = append(m.runes, r)
			m.starts = append(m.starts, at)
			m.ends = append(m.ends, at+width)
		}
		at += width
	}
	return m
}

// splitsWord reports marks that hide a word from rules: apostrophes, and a single
// mark between two Chinese characters.
func splitsWord(text []rune, i int) bool {
	if strings.ContainsRune("'’‘`", text[i]) {
		return true
	}
	return strings.ContainsRune("*·-_~|/+^#", text[i]) && i > 0 && i+1 < len(text) && unicode.Is(unicode.Han, text[i-1]) && unicode.Is(unicode.Han, text[i+1])
}

// hear reads a message and finds its words.
func (r *redFlags) hear(text string) reading {
	m := r.words.read(fold.Fold(text))
	m.split(m.pauses(text))
	m.tokens = r.words.find(m.runes)
	if sign, ok := r.whole[strings.Trim(string(m.runes), "。!?;…,. ~")]; ok {
		m.tokens = append([]token{{word: word{sign: sign}, start: 0, end: len(m.runes)}}, m.tokens...)
	}
	for i := range m.last {
		m.last[i] = -1
	}
	for _, t := range m.tokens {
		if int(t.sign) < len(m.last) {
			m.last[t.sign] = t.start
		}
	}
	return m
}

// longestSentence is how far one word says how another is meant: spoken text
// may have no full stop at all.
const longestSentence = 200

// pauses are the characters before which the person left a space between two
// Chinese phrases: many write no other mark. Single characters set apart are a
// way of writing, no pause.
func (m *reading) pauses(text string) map[int]bool {
	const phrase = 2
	pauses := map[int]bool{}
	last, candidate := 0, -1
	for i := 1; i < len(m.runes); i++ {
		_, before := m.folded.Origin(m.starts[i-1], m.ends[i-1])
		after, _ := m.folded.Origin(m.starts[i], m.ends[i])
		if before >= after || !strings.ContainsAny(text[before:after], " \n\t\u3000") {
			continue
		}
		if candidate >= 0 && i-candidate >= phrase {
			pauses[candidate] = true
		}
		candidate = -1
		if i-last >= phrase {
			candidate = i
		}
		last = i
	}
	if candidate >= 0 && len(m.runes)-candidate >= phrase {
		pauses[candidate] = true
	}
	return pauses
}

// split numbers sentences and clauses.
func (m *reading) split(pauses map[int]bool) {
	m.sentences, m.clauses, m.written = make([]int, len(m.runes)), make([]int, len(m.runes)), make([]int, len(m.runes))
	sentence, clause, paused, began := 0, 0, 0, 0
	for i, r := range m.runes {
		if pauses[i] {
			clause++
			paused++
		}
		m.sentences[i], m.clauses[i], m.written[i] = sentence, clause, clause-paused
		switch {
		case i-began >= longestSentence, strings.ContainsRune("。!?;…", r), r == '.' && !m.digit(i+1):
			sentence++
			clause++
			began = i
		case strings.ContainsRune(",:()（）“”\"", r):
			clause++
		}
	}
}

func (m *reading) digit(i int) bool {
	return i < len(m.runes) && m.runes[i] >= '0' && m.runes[i] <= '9'
}

func (x *lexicon) find(runes []rune) []token {
	var found []token
	for start := range runes {
		at := int32(0)
		for i := start; i < len(runes); i++ {
			if at = x.step(at, runes[i]); at == 0 {
				break
			}
			for e := x.nodes[at].end; e != 0; e = x.ends[e].next {
				w := x.ends[e].word
				if w.free || whole(runes, start, i+1) {
					found = append(found, token{word: w, start: start, end: i + 1})
				}
			}
		}
	}
	return longest(found)
}

// whole reports that no Latin word or number is cut at the ends.
func whole(runes []rune, start, end int) bool {
	return !(start > 0 && sameWord(runes[start-1], runes[start])) && !(end < len(runes) && sameWord(runes[end-1], runes[end]))
}

func sameWord(a, b rune) bool {
	latin := func(r rune) bool { return r >= 'a' && r <= 'z' }
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	return latin(a) && latin(b) || digit(a) && digit(b)
}

// longest drops words inside longer words: noise hides all (no 婴儿 in 试管婴儿),
// any other word hides grammar only (no 不 in 不想活).
func longest(found []token) []token {
	slices.SortStableFunc(found, func(a, b token) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	kept := found[:0]
	var longer, longerNoise token
	for _, t := range found {
		grammar := t.sign < signID(len(grammarGroups)) && t.sign != noise
		if t.inside(longerNoise) || grammar && t.inside(longer) {
			continue
		}
		kept = append(kept, t)
		if t.end > longer.end {
			longer = t
		}
		if t.sign == noise && t.end > longerNoise.end {
			longerNoise = t
		}
	}
	return kept
}

func (t token) inside(longer token) bool {
	return t.end < longer.end || t.end == longer.end && t.start > longer.start
}
