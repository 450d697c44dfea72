package llm

import (
	"regexp"
	"slices"
	"strings"

	"careline/bot/fold"
)

// What stands for what was taken out. No digits, so that redacting again finds
// nothing and no rule reads them as values.
const (
	maskIdentity = "[identity number]"
	maskMobile   = "[mobile]"
	maskCard     = "[bank card]"
	maskMail     = "[e-mail]"
	maskAccount  = "[account]"
	maskNumber   = "[number]"
	maskName     = "[name]"
)

// Redact replaces what identifies a person: identity numbers, mobiles, bank
// cards, e-mails, channel accounts, report and barcode numbers, and these names,
// however they are typed. Values, units and dates stay.
func Redact(text string, names ...string) string { return NewRedactor(names...).Redact(text) }

// Redactor redacts many texts about the same people.
type Redactor struct{ names []*regexp.Regexp }

// NewRedactor also takes out these names, whole, and those of their parts that
// can stand for the person.
func NewRedactor(names ...string) Redactor { return Redactor{nameForms(names)} }

// Redact is text without what identifies a person.
func (r Redactor) Redact(text string) string {
	folded := fold.Fold(text)
	canonical := folded.Text()
	spans := numbers(canonical)
	spans = append(spans, references(canonical)...)
	for _, at := range mail.FindAllStringIndex(canonical, -1) {
		spans = append(spans, span{at[0], at[1], maskMail})
	}
	spans = append(spans, accounts(canonical)...)
	for _, form := range r.names {
		spans = append(spans, occurrences(canonical, form)...)
	}
	return masked(text, folded, spans)
}

// masked is text with each span, or each union of overlapping spans, replaced.
func masked(text string, folded fold.Folded, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b span) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	var out strings.Builder
	written := 0
	for _, s := range spans {
		start, end := folded.Origin(s.start, s.end)
		if end <= written {
			continue
		}
		if start >= written {
			out.WriteString(text[written:start])
			out.WriteString(s.mask)
		}
		written = end
	}
	out.WriteString(text[written:])
	return out.String()
}

// span is a place in the canonical text and what will stand there.
type span struct {
	start, end int
	mask       string
}

// mail also matches an address with spaces around its signs, or spelt letter by letter.
var mail = regexp.MustCompile(`[a-z0-9._%+-]+ ?@ ?[a-z0-9-]+(?: ?\. ?[a-z0-9-]+)+|(?:[a-z0-9._%+-] ){2,}@(?: [a-z0-9.-])+`)

// token is an unbroken run of the characters of openids and keys; spelt is one
// typed with a space after each.
var (
	token = regexp.MustCompile(`[a-z0-9_-]{28,}`)
	spelt = regexp.MustCompile(`\bo(?: [a-z0-9_-]){27}(?:[^a-z0-9_-]|$)`)
)

const openidLength = 28

// accounts are openids, and any other token too long for a word.
func accounts(text string) []span {
	var found []span
	for _, at := range token.FindAllStringIndex(text, -1) {
		t := text[at[0]:at[1]]
		if len(t) == openidLength && t[0] == 'o' || strings.ContainsAny(t, "0123456789") {
			found = append(found, span{at[0], at[1], maskAccount})
		}
	}
	for _, at := range spelt.FindAllStringIndex(text, -1) {
		found = append(found, span{at[0], at[0] + 2*openidLength - 1, maskAccount})
	}
	return found
}
