package labs

import (
	"regexp"
	"strconv"
)

// formatWords are the sections of a number format where one shows words instead of
// the number, such as [=0]"阴性";[=1]"阳性" (ISO/IEC 29500-1, 18.8.31).
type formatWords []formatSection

type formatSection struct {
	operator string // of its condition, "" for none
	operand  float64
	word     string // all it shows, "" where it shows the number
}

var (
	// A section ends at a semicolon outside quotes and brackets.
	formatSections  = regexp.MustCompile(`(?:"[^"]*"|\[[^\]]*\]|\\.|[^;"\[\\])*`)
	formatCondition = regexp.MustCompile(`\[(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)\]`)
	formatWord      = regexp.MustCompile(`^(?:\[[^\]]*\])*"([^"]*)"$`)
)

// readFormatWords reads a format's code; nil where no section shows words.
func readFormatWords(code string) (all formatWords) {
	some := false
	for _, text := range formatSections.FindAllString(code, 4) {
		var s formatSection
		if m := formatCondition.FindStringSubmatch(text); m != nil {
			s.operator = m[1]
			s.operand, _ = strconv.ParseFloat(m[2], 64)
		}
		if m := formatWord.FindStringSubmatch(text); m != nil {
			s.word, some = m[1], some || m[1] != ""
		}
		all = append(all, s)
	}
	if !some {
		return nil
	}
	return all
}

// of is the word that stands for a number, "" where the number is shown.
func (w formatWords) of(n float64) string {
	for i, s := range w {
		if s.holds(n, i, len(w)) {
			return s.word
		}
	}
	return ""
}

// holds reports whether a section shows a number. Without conditions the first is
// for positive numbers, the second for negative ones, the third for zero; what the
// other sections leave is the last one's.
func (s formatSection) holds(n float64, at, of int) bool {
	switch s.operator {
	case "<":
		return n < s.operand
	case ">":
		return n > s.operand
	case "<=":
		return n <= s.operand
	case ">=":
		return n >= s.operand
	case "=":
		return n == s.operand
	case "<>":
		return n != s.operand
	}
	switch {
	case at == 0 && of == 2:
		return n >= 0
	case at == 0 && of > 2:
		return n > 0
	case at == 1 && of > 2:
		return n < 0
	}
	return true
}
