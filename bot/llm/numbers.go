package llm

import (
	"regexp"
	"strings"
	"time"
)

// digits is one unbroken group of digits in a canonical text, and what joins it
// to the group before it.
type digits struct {
	start, end int
	text       string
	joint      byte // ' ', '-' or '.'; 0 when the group stands alone or begins a row
}

var digitRun = regexp.MustCompile(`[0-9]+`)

// numbers finds the numbers that identify somebody. People write them in
// groups, so every row of groups is tried; which groupings count keeps lists of
// values apart from numbers written with spaces.
func numbers(text string) []span {
	var found []span
	groups := rows(text)
	for i := 0; i < len(groups); {
		end, s, ok := longest(text, groups, i)
		if !ok {
			i++
			continue
		}
		found = append(found, s)
		i = end
	}
	return found
}

func rows(text string) []digits {
	var groups []digits
	for _, at := range digitRun.FindAllStringIndex(text, -1) {
		g := digits{start: at[0], end: at[1], text: text[at[0]:at[1]]}
		if n := len(groups); n > 0 && g.start == groups[n-1].end+1 && strings.IndexByte(" -.", text[g.start-1]) >= 0 {
			g.joint = text[g.start-1]
		}
		groups = append(groups, g)
	}
	return groups
}

// maxDigits is the longest number written in groups: a bank card's.
const maxDigits = 19

// longest is the identifying number that begins at group i, the longest first;
// end is the group after it.
func longest(text string, groups []digits, i int) (end int, s span, ok bool) {
	number := ""
	for j := i; j < len(groups) && (j == i || groups[j].joint != 0); j++ {
		number += groups[j].text
		if len(number) > maxDigits && j > i {
			break
		}
		row := groups[i : j+1]
		stop := row[len(row)-1].end
		if n := checkLetter(text[stop:]); n > 0 && identity(number+"x") {
			return j + 1, span{row[0].start, stop + n, maskIdentity}, true
		}
		if mask := identifies(number, row); mask != "" {
			end, s, ok = j+1, span{row[0].start, stop, mask}, true
		}
	}
	return end, s, ok
}

// checkLetter is the length of an identity number's final X, with a separator or not.
func checkLetter(rest string) int {
	for _, x := range []string{"x", " x", "-x"} {
		if strings.HasPrefix(rest, x) {
			return len(x)
		}
	}
	return 0
}

const (
	longNumber  = 10 // digits in one piece that no value has
	cardMin     = 13
	mobileDigit = 11
)

func identifies(number string, row []digits) string {
	switch {
	case identity(number):
		return maskIdentity
	case !written(row):
		return ""
	case len(number) == mobileDigit && number[0] == '1' && number[1] >= '3':
		return maskMobile
	case len(number) >= cardMin && len(number) <= maxDigits && luhn(number):
		return maskCard
	case len(number) >= longNumber && (len(row) == 1 || spelled(row) || quads(row)):
		return maskNumber
	}
	return ""
}

// written reports whether a row reads as one number: in one piece, digit by
// digit, or in groups of three or more, joined the same way throughout.
func written(row []digits) bool {
	if len(row) == 1 || spelled(row) {
		return true
	}
	return uniform(row, func(g digits) bool { return len(g.text) >= 3 })
}

func spelled(row []digits) bool {
	return uniform(row, func(g digits) bool { return len(g.text) == 1 })
}

// quads are groups of four, the last one perhaps shorter, that are not years.
func quads(row []digits) bool {
	years := uniform(row, func(g digits) bool { return strings.HasPrefix(g.text, "19") || strings.HasPrefix(g.text, "20") })
	return len(row) > 2 && !years && uniform(row[:len(row)-1], func(g digits) bool { return len(g.text) == 4 }) && len(row[len(row)-1].text) <= 4
}

func uniform(row []digits, fits func(digits) bool) bool {
	for i, g := range row {
		if !fits(g) || i > 1 && g.joint != row[1].joint {
			return false
		}
	}
	return true
}

// identity checks a resident identity number: 17 digits and a check character
// by GB 11643 (ISO 7064, MOD 11-2), with a date of birth inside.
func identity(number string) bool {
	if len(number) != 18 {
		return false
	}
	if _, err := time.Parse("20060102", number[6:14]); err != nil {
		return false
	}
	sum := 0
	for i := range 17 {
		weight := 1 << (17 - i) % 11
		sum += int(number[i]-'0') * weight
	}
	return number[17] == "10x98765432"[sum%11]
}

// luhn is the check of bank card numbers (ISO/IEC 7812).
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
