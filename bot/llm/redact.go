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
)

// Redact replaces what identifies a person: identity numbers, mobiles, bank
// cards, e-mails, channel accounts and report numbers, however they are typed.
// Values, units and dates stay. Names are not known here; whoever renders a
// prompt leaves them out.
func Redact(text string) string {
	folded := fold.Fold(text)
	spans := numbers(folded.Text())
	for _, at := range mail.FindAllStringIndex(folded.Text(), -1) {
		spans = append(spans, span{at[0], at[1], maskMail})
	}
	spans = append(spans, accounts(folded.Text())...)
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
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
