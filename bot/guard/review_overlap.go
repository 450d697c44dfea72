package guard

import (
	"strings"
	"unicode"

	"careline/bot"
	"careline/bot/fold"
)

// The least that a draft shares with the prompt's instructions to count as
// repeating them.
const (
	overlapHan   = 12 // characters of Chinese in a row
	overlapWords = 8  // words of Latin letters in a row
)

// v10: no long overlap with the prompt's instructions, nor talk of them. Sentences of cited
// passages and the patient's own words do not count.
func (r *reviewing) v10() []bot.Violation {
	var all []bot.Violation
	for _, s := range r.found["voice.prompt"] {
		if !strings.Contains(r.question, r.text[s.start:s.end]) {
			all = append(all, r.violation(s, "the prompt's instructions spoken of"))
		}
	}
	if len(r.draft.Instructions) == 0 {
		return all
	}
	known := map[string]bool{}
	for _, text := range r.draft.Instructions {
		for _, p := range stretches(fold.Text(text)) {
			known[p.text] = true
		}
	}
	reach := 0
	for _, p := range stretches(r.text) {
		if p.start < reach || !known[p.text] || anyHolds(r.quoted, p.span) || strings.Contains(plain(r.source), p.text) {
			continue
		}
		all = append(all, r.violation(p.span, "the prompt's instructions repeated"))
		reach = p.end
	}
	return all
}

// stretch is a run of characters or words without the marks between them.
type stretch struct {
	span
	text string
}

// stretches are all runs of the counted length, of Han characters and of words.
func stretches(text string) []stretch {
	units := unitsOf(text)
	var all []stretch
	for i := range units {
		most := overlapWords
		if units[i].han {
			most = overlapHan
		}
		if i+most > len(units) {
			continue
		}
		var b strings.Builder
		same := true
		for _, u := range units[i : i+most] {
			same = same && u.han == units[i].han
			b.WriteString(text[u.start:u.end])
		}
		if same {
			all = append(all, stretch{span{units[i].start, units[i+most-1].end}, b.String()})
		}
	}
	return all
}

type unitOfText struct {
	span
	han bool
}

// unitsOf are the Han characters and Latin words of a text.
func unitsOf(text string) []unitOfText {
	var all []unitOfText
	for at, c := range text {
		switch {
		case unicode.Is(unicode.Han, c):
			all = append(all, unitOfText{span{at, at + len(string(c))}, true})
		case c >= 'a' && c <= 'z':
			if n := len(all); n > 0 && !all[n-1].han && all[n-1].end == at {
				all[n-1].end++
			} else {
				all = append(all, unitOfText{span{at, at + 1}, false})
			}
		}
	}
	return all
}

// plain is a text without anything but its Han characters and words.
func plain(text string) string {
	var b strings.Builder
	for _, u := range unitsOf(text) {
		b.WriteString(text[u.start:u.end])
	}
	return b.String()
}
