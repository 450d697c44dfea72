package guard

import (
	"strings"
	"unicode/utf8"
)

// span is a stretch of canonical text, in bytes.
type span struct{ start, end int }

func (s span) holds(o span) bool    { return s.start <= o.start && o.end <= s.end }
func (s span) overlaps(o span) bool { return s.start < o.end && o.start < s.end }

func anyHolds(all []span, o span) bool {
	for _, s := range all {
		if s.holds(o) {
			return true
		}
	}
	return false
}

func anyOverlaps(all []span, o span) bool {
	for _, s := range all {
		if s.overlaps(o) {
			return true
		}
	}
	return false
}

// phraseBook finds many phrases in one pass, by their first character.
type phraseBook map[rune][]phrase

type phrase struct{ list, text string }

func (b phraseBook) add(list, text string) {
	first, _ := utf8.DecodeRuneInString(text)
	b[first] = append(b[first], phrase{list, text})
}

// find gives the spans of every list's phrases in text, in order; inside one
// list a phrase within a longer one is not found again.
func (b phraseBook) find(text string) map[string][]span {
	found := map[string][]span{}
	for at, r := range text {
		if latinLetter(text, at) && latinLetter(text, at-1) {
			continue
		}
		for _, p := range b[r] {
			if !strings.HasPrefix(text[at:], p.text) {
				continue
			}
			end, whole := wholeWord(text, at, at+len(p.text))
			if !whole {
				continue
			}
			all := found[p.list]
			if n := len(all); n > 0 && all[n-1].end >= end {
				continue
			} else if n > 0 && all[n-1].start == at {
				all[n-1].end = end
				continue
			}
			found[p.list] = append(all, span{at, end})
		}
	}
	return found
}

// wholeWord reports that no Latin word is cut at the ends; an English plural
// ends a word too, and is taken in.
func wholeWord(text string, start, end int) (int, bool) {
	if latinLetter(text, start) && (latinLetter(text, start-1) || asciiDigit(text, start-1)) || asciiDigit(text, start) && asciiDigit(text, start-1) {
		return end, false
	}
	if asciiDigit(text, end-1) {
		return end, !asciiDigit(text, end)
	}
	if !latinLetter(text, end-1) || !latinLetter(text, end) {
		return end, true
	}
	if text[end] == 's' && !latinLetter(text, end+1) {
		return end + 1, true
	}
	return end, false
}

func latinLetter(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= 'a' && s[i] <= 'z' }
func asciiDigit(s string, i int) bool  { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }

// matches are where a pattern of the data stands in the text.
func (r *reviewing) matches(pattern string) []span {
	var all []span
	for _, m := range r.words.patterns[pattern].FindAllStringIndex(r.text, -1) {
		all = append(all, span{m[0], m[1]})
	}
	return all
}
