package llm

import (
	_ "embed"
	"regexp"
	"strings"
)

// referenceWords introduce a number that leads to a person; see the file.
//
//go:embed references.txt
var referenceFile string

// reference is such a word, what people write between it and the number, and the
// number: letters and digits, joined by hyphens, in fours, or spelt with spaces.
var reference = regexp.MustCompile(`(?:` + strings.Join(referenceWords(), "|") + `)[ :=#.]*(?:是|为|is)?[ :=#.]*` +
	`((?:[a-z]{1,2} )?[a-z0-9](?: [a-z0-9])+\b|(?:[a-z]{1,2} )?[a-z0-9]+(?:[-_/][a-z0-9]+)*(?: [0-9]{4}\b)*)`)

func referenceWords() []string {
	var words []string
	for line := range strings.Lines(referenceFile) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			words = append(words, line)
		}
	}
	return words
}

// serial is a number with letters in front, as instruments print them; shorter
// ones are names of tests, longer ones are found as numbers. mixed is a run of
// letters and digits too long for a name of a test.
var (
	serial = regexp.MustCompile(`[a-z]+[0-9]+`)
	mixed  = regexp.MustCompile(`\b[0-9]*[a-z]+[0-9][a-z0-9]*\b`)
	// stamp is a moment in one piece: 20260512t0830.
	stamp = regexp.MustCompile(`^(?:19|20)[0-9]{6}t[0-9]+$`)
	date  = regexp.MustCompile(`^(?:19|20)[0-9]{2}([-/]?)[0-9]{1,2}[-/]?[0-9]{1,2}$`)
	// variant is a gene variant's number (dbSNP), which is the name of a test.
	variant = regexp.MustCompile(`^rs[0-9]+$`)
	// labelled is a word and a number that is found without it.
	labelled = regexp.MustCompile(`^[a-z]+[0-9]{10,}$`)
)

const (
	introducedDigits = 4 // fewer are the day's running number, or a value
	serialDigits     = 7
	mixedLength      = 12
	mixedDigits      = 6
)

// references are report, specimen, barcode and admission numbers.
func references(text string) []span {
	var found []span
	for _, at := range reference.FindAllStringSubmatchIndex(text, -1) {
		start, end := at[2], at[3]
		if number := text[start:end]; digitCount(number) >= introducedDigits && !date.MatchString(number) && !decimal(text[end:]) {
			found = append(found, span{start, end, maskNumber})
		}
	}
	for _, at := range serial.FindAllStringIndex(text, -1) {
		t := text[at[0]:at[1]]
		if n := digitCount(t); n >= serialDigits && n < longNumber && !variant.MatchString(t) {
			found = append(found, span{at[0], at[1], maskNumber})
		}
	}
	for _, at := range mixed.FindAllStringIndex(text, -1) {
		if t := text[at[0]:at[1]]; len(t) >= mixedLength && digitCount(t) >= mixedDigits && !stamp.MatchString(t) && !variant.MatchString(t) && !labelled.MatchString(t) {
			found = append(found, span{at[0], at[1], maskNumber})
		}
	}
	return found
}

// decimal reports whether a number goes on behind a point: then it is a value.
func decimal(rest string) bool {
	return len(rest) > 1 && rest[0] == '.' && rest[1] >= '0' && rest[1] <= '9'
}

func digitCount(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}
