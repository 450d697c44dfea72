// Package fold brings text into one canonical form for matching, whatever was
// typed: full-width forms, invisible characters, look-alike letters, capitals.
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Folded is a text in canonical form that remembers where each byte came from.
type Folded struct {
	text   string
	starts []int // original byte offset of the piece each folded byte came from
	ends   []int
}

// Text is the canonical form of s.
func Text(s string) string { return Fold(s).text }

// Text is the canonical form.
func (f Folded) Text() string { return f.text }

// Origin maps the span [start, end) of the canonical form to the span of the
// original it came from; spans outside are cut to what there is.
func (f Folded) Origin(start, end int) (int, int) {
	if len(f.starts) == 0 || start >= len(f.starts) || end <= start {
		return 0, 0
	}
	start = max(start, 0)
	return f.starts[start], f.ends[min(end, len(f.ends))-1]
}

// Fold brings s into canonical form: compatibility composition (NFKC), lower
// case, no invisible or control characters, one spelling of µ, look-alike
// letters to Latin inside Latin words, single spaces, none between Han characters.
func Fold(s string) Folded {
	f := once(s)
	if settled(f.text) {
		return f
	}
	// Dropping an invisible character or a capital can bring together what only
	// then composes; a few rounds reach the form that stays.
	for range maxRounds {
		g := once(f.text)
		if g.text == f.text {
			break
		}
		for i := range g.starts {
			g.starts[i], g.ends[i] = f.Origin(g.starts[i], g.ends[i])
		}
		f = g
	}
	return f
}

const maxRounds = 8

// settled reports whether a folded text holds only characters that nothing can
// change or compose any more, which most texts do: another round is not needed.
func settled(text string) bool {
	for _, r := range text {
		if r >= utf8.RuneSelf && !(r >= 0x4e00 && r <= 0x9fff) && !strings.ContainsRune("。、“”‘’《》—↑↓μ", r) {
			return false
		}
	}
	return true
}

func once(s string) Folded {
	b := builder{out: make([]byte, 0, len(s)), starts: make([]int, 0, len(s)), ends: make([]int, 0, len(s))}
	for at := 0; at < len(s); {
		n := pieceLength(s[at:])
		piece := s[at : at+n]
		if !ascii(piece) {
			piece = norm.NFKC.String(strings.ToValidUTF8(piece, ""))
		}
		for _, r := range piece {
			b.add(r, at, at+n)
		}
		at += n
	}
	return b.finish()
}

// pieceLength is one character with its combining marks: what must be
// normalised together.
func pieceLength(s string) int {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1
	}
	if n := norm.NFKC.NextBoundaryInString(s, true); n > 0 {
		return n
	}
	return len(s)
}

func ascii(s string) bool { return len(s) == 1 && s[0] < utf8.RuneSelf }

type builder struct {
	out          []byte
	starts, ends []int
	last         rune
	space        bool // a space waits to be written before the next character
	spaceStart   int
	spaceEnd     int
}

func (b *builder) add(r rune, start, end int) {
	switch {
	case unicode.IsSpace(r):
		if !b.space {
			b.space, b.spaceStart = true, start
		}
		b.spaceEnd = end
		return
	case invisible(r):
		return
	}
	r = canonical(r, b.last)
	if b.space {
		if b.last != 0 && !(wide(b.last) && wide(r)) {
			b.write(' ', b.spaceStart, b.spaceEnd)
		}
		b.space = false
	}
	b.write(r, start, end)
	b.last = r
}

func (b *builder) write(r rune, start, end int) {
	before := len(b.out)
	b.out = utf8.AppendRune(b.out, r)
	for range len(b.out) - before {
		b.starts = append(b.starts, start)
		b.ends = append(b.ends, end)
	}
}

func (b *builder) finish() Folded {
	return Folded{text: string(b.out), starts: b.starts, ends: b.ends}
}

// invisible characters are used to hide words from rules.
func invisible(r rune) bool {
	return r == utf8.RuneError || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == '\u034f' || r == '\u115f' || r == '\u3164' ||
		r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0000 && r <= 0xe0fff
}

// wide characters are written without spaces between them.
func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || strings.ContainsRune("，。？！；：、“”‘’（）《》", r)
}

// canonical is the one letter for r after last: lower case, the Greek mu for the
// micro sign, and Latin for Cyrillic or Greek letters inside Latin words.
func canonical(r, last rune) rune {
	r = unicode.ToLower(r)
	if r == 'µ' {
		return 'μ'
	}
	if last >= 'a' && last <= 'z' {
		if latin, ok := lookAlike[r]; ok {
			return latin
		}
	}
	return r
}

// lookAlike letters pass for Latin ones to the eye; Unicode's confusables, the
// lower-case ones that occur in Latin words.
var lookAlike = map[rune]rune{
	'а': 'a', 'в': 'b', 'с': 'c', 'е': 'e', 'һ': 'h', 'і': 'i', 'ј': 'j', 'к': 'k', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'ѕ': 's', 'т': 't', 'у': 'y', 'х': 'x',
	'α': 'a', 'ε': 'e', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x',
}
