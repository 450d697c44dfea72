package guard

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// quantity is one number of a draft that must come from somewhere.
type quantity struct {
	span           // the number alone
	value   string // canonical digits: no leading or trailing zeros
	unit    string // canonical unit, "" if none stands there
	measure string // what it counts ("天", "times"), "" for a plain value
	whole   string // number and unit as they stand in the canonical text
	foreign bool   // digits of another script
	paired  bool   // one end of a range, as it is written
}

var (
	digitsPattern    = regexp.MustCompile(`\d+(?:\.\d+)?|\.\d+|[\p{Nd}\p{No}\p{Nl}]+`)
	thousandsPattern = regexp.MustCompile(`^,\d{3}`)
	// powersPattern and ratePattern are units no list names: powers of ten, x/y.
	powersPattern = regexp.MustCompile(`^ ?(?:[x×*] ?)?10(?:[\^*e]?\+?|\()\d{1,2}\)?(?: ?/ ?[a-zμ]{1,3})?`)
	ratePattern   = regexp.MustCompile(`^ ?[a-zμ]{1,5}[\[\]{}a-z]*(?:/[a-zμ0-9.^*()\[\]{}_]+)+`)
)

// findQuantities finds every number whose origin must be shown; what is part of
// a name, a date, a list number, a quoted sentence or an allowed phrase is none.
func (r *reviewing) findQuantities() {
	r.findDates()
	taken := slices.Clone(r.quoted)
	for _, n := range r.names {
		taken = append(taken, n.span)
	}
	for _, d := range r.dates {
		taken = append(taken, d.span)
	}
	for _, list := range []string{"numbers.allowed", "numbers.names", "numbers.spans." + r.draft.Tier.String()} {
		taken = append(taken, r.found[list]...)
	}
	taken = append(append(append(taken, r.printed...), r.marks()...), r.relatedSpans()...)
	reach, ordinal := 0, 0
	for _, m := range digitsPattern.FindAllStringIndex(r.text, -1) {
		s := span{m[0], m[1]}
		if s.start < reach || anyOverlaps(taken, s) {
			continue
		}
		if n, ok := r.listNumber(s, ordinal); ok {
			ordinal = n
			continue
		}
		s.end = r.thousands(s.end)
		q := r.quantityAt(s, canonicalDigits(strings.ReplaceAll(r.text[s.start:s.end], ",", "")))
		q.foreign = strings.IndexFunc(r.text[s.start:s.end], func(c rune) bool { return c > unicode.MaxASCII }) >= 0
		reach = s.start + len(q.whole)
		r.quantities = append(r.quantities, q)
	}
	r.findNumerals(taken)
	slices.SortFunc(r.quantities, func(a, b quantity) int { return a.start - b.start })
	for i, q := range r.quantities {
		r.quantities[i].paired = r.writtenAsEnd(q)
	}
}

// thousands takes in ",200" where the draft wrote an ASCII comma.
func (r *reviewing) thousands(end int) int {
	for end < len(r.text) && r.text[end] == ',' && r.ends[end]-r.starts[end] == 1 && thousandsPattern.MatchString(r.text[end:]) && !asciiDigit(r.text, end+4) {
		end += 4
	}
	return end
}

// findPrinted finds where the report itself speaks: units with digits, the words
// of qualitative values, the report's title.
func (r *reviewing) findPrinted() {
	for _, words := range r.printedWords() {
		for from := 0; ; {
			at := strings.Index(r.text[from:], words)
			if at < 0 {
				break
			}
			r.printed = append(r.printed, span{from + at, from + at + len(words)})
			from += at + len(words)
		}
	}
}

// quantityAt reads the unit or the counted thing after a number.
func (r *reviewing) quantityAt(s span, value string) quantity {
	q := quantity{span: s, value: value}
	rest := r.text[s.end:]
	length := 0
	if n := r.factUnit(rest); n > 0 {
		q.unit, length = canonicalUnit(rest[:n]), n
	} else if m, ok := r.phraseAfter("numbers.measures", s.end); ok && !r.longerUnit(m) {
		q.measure, length = r.text[m.start:m.end], m.end-s.end
	} else if n := len(powersPattern.FindString(rest)); n > 0 {
		q.unit, length = r.words.unit(rest[:n]), n
	} else if n := len(ratePattern.FindString(rest)); n > 0 {
		q.unit, length = r.words.unit(strings.TrimRight(rest[:n], ".)")), n
	} else if m, ok := r.phraseAfter("units", s.end); ok {
		q.unit, length = r.words.unit(r.text[m.start:m.end]), m.end-s.end
	}
	q.whole = r.text[s.start : s.end+length]
	return q
}

// longerUnit reports that the word at m is the beginning of a unit: "个单位".
func (r *reviewing) longerUnit(m span) bool {
	return slices.ContainsFunc(r.found["units"], func(u span) bool { return u.start == m.start && u.end > m.end })
}

// phraseAfter is the phrase of a list that begins at or one space after at.
func (r *reviewing) phraseAfter(list string, at int) (span, bool) {
	for _, s := range r.found[list] {
		if s.start == at || s.start == at+1 && r.text[at] == ' ' {
			return s, true
		}
	}
	return span{}, false
}

// listNumber reports "1. " at the start of a line or sentence, counting up.
func (r *reviewing) listNumber(s span, last int) (int, bool) {
	n := 0
	for _, c := range r.text[s.start:s.end] {
		if c < '0' || c > '9' || n > 20 {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	before := strings.TrimRight(r.text[:s.start], " ")
	starts := before == "" || strings.HasSuffix(before, "。") || strings.ContainsRune("\n:;!?.(", rune(before[len(before)-1]))
	if !starts || n != last+1 && n != 1 {
		return 0, false
	}
	if start, end := r.origin(s); end-start > s.end-s.start && strings.HasPrefix(r.draft.Text[start:end], "\xe2\x91") {
		return n, true // ① and its like
	}
	rest := r.text[s.end:]
	marked := strings.HasPrefix(rest, ".") && !asciiDigit(rest, 1) || strings.HasPrefix(rest, "、") || strings.HasPrefix(rest, ")")
	return n, marked
}

// canonicalDigits is a decimal without zeros that do not count.
func canonicalDigits(s string) string {
	whole, part, point := strings.Cut(s, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if part = strings.TrimRight(part, "0"); !point || part == "" {
		return whole
	}
	return whole + "." + part
}
