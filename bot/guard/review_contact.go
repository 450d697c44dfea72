package guard

import (
	"regexp"
	"slices"
	"strings"

	"careline/bot"
)

var (
	linkPattern  = regexp.MustCompile(`https?:|www\.|\b[a-z0-9][a-z0-9-]*\.(?:com|cn|net|org|io|top|xyz|cc|vip|info|me|app|shop|site)\b|[a-z0-9-]+ ?(?:点|dot|\[\.\]|\(\.\)|·) ?(?:com|cn|net|org|io|top|xyz|cc|vip|info|me|app|shop|site)\b`)
	mailPattern  = regexp.MustCompile(`[a-z0-9._%+-]+ ?@ ?[a-z0-9-]+(?:\.[a-z0-9-]+)*`)
	phonePattern = regexp.MustCompile(`(?:\+?86[ -]?)?\b1[3-9]\d[ -]?\d{4}[ -]?\d{4}\b|\b0\d{2,3}[ -]?\d{7,8}\b|\b[48]00[ -]?\d{3,4}[ -]?\d{3,4}\b`)
	// identityPattern and cardPattern are told from other digits by their checksums.
	identityPattern = regexp.MustCompile(`\d(?:[ -]?\d){16}[ -]?[\dx]`)
	cardPattern     = regexp.MustCompile(`\d(?:[ -]?\d){14,18}`)
	openidPattern   = regexp.MustCompile(`\bo[a-z0-9_-]{27}\b`)
	mobilePattern   = regexp.MustCompile(`^1[3-9]\d{9}$`)
)

// helpline is a word for a telephone line right before a public number for help.
var helpline = regexp.MustCompile(`^(?:热线|拨打电话|hotline)[^,。;.!?\d]{0,6}(?:12356|120|110)(?:\D|$)`)

// v8: no link, address or account that the institution does not allow.
func (r *reviewing) v8() []bot.Violation {
	const why = "a link, address or telephone number"
	var all []bot.Violation
	if strings.Contains(r.text, ".") || strings.Contains(r.text, "http") || strings.Contains(r.text, "点") || strings.Contains(r.text, "dot") || strings.Contains(r.text, "·") {
		for _, m := range linkPattern.FindAllStringIndex(r.text, -1) {
			all = append(all, r.violation(span{m[0], m[1]}, why))
		}
	}
	if strings.Contains(r.text, "@") {
		for _, m := range mailPattern.FindAllStringIndex(r.text, -1) {
			all = append(all, r.violation(span{m[0], m[1]}, why))
		}
	}
	for _, s := range r.longNumbers(phonePattern) {
		all = append(all, r.violation(s, why))
	}
	for _, s := range r.found["contact.words"] {
		if helpline.MatchString(r.text[s.start:]) {
			continue
		}
		all = append(all, r.violation(s, "an account or code to contact"))
	}
	return slices.DeleteFunc(all, func(v bot.Violation) bool { return r.allowedContact(v) })
}

// allowedContact reports a part of what the institution allows, where that stands
// whole and goes on no further.
func (r *reviewing) allowedContact(v bot.Violation) bool {
	return slices.ContainsFunc(r.draft.Allowed, func(allowed string) bool {
		for from := 0; allowed != ""; {
			at := strings.Index(r.draft.Text[from:], allowed)
			if at < 0 {
				return false
			}
			start, end := from+at, from+at+len(allowed)
			further := end < len(r.draft.Text) && (asciiDigit(r.draft.Text, end) || latinLetter(strings.ToLower(r.draft.Text), end) || strings.ContainsRune("/?#@-_%", rune(r.draft.Text[end])))
			if start <= v.Start && v.End <= end && !further {
				return true
			}
			from = end
		}
		return false
	})
}

// v9: nothing that identifies a person.
func (r *reviewing) v9() []bot.Violation {
	var all []bot.Violation
	add := func(s span, why string) { all = append(all, r.violation(s, "%s", why)) }
	for _, s := range r.longNumbers(identityPattern) {
		if identityNumber(bare(r.text[s.start:s.end])) {
			add(s, "an identity number")
		}
	}
	for _, s := range r.longNumbers(cardPattern) {
		if luhn(bare(r.text[s.start:s.end])) {
			add(s, "a card number")
		}
	}
	for _, s := range r.longNumbers(phonePattern) {
		if digits := bare(r.text[s.start:s.end]); len(digits) >= 11 && mobilePattern.MatchString(digits[len(digits)-11:]) {
			add(s, "a mobile number")
		}
	}
	for _, m := range openidPattern.FindAllStringIndex(r.text, -1) {
		add(span{m[0], m[1]}, "an openid")
	}
	for _, q := range r.quantities {
		if words := len(q.value) < q.end-q.start; words && (mobilePattern.MatchString(q.value) || identityNumber(q.value)) {
			add(q.span, "a number that identifies a person, in words")
		}
	}
	for _, s := range r.personNames() {
		add(s, "a person's name")
	}
	return all
}

// longNumbers are the matches of a pattern that needs at least seven digits.
func (r *reviewing) longNumbers(p *regexp.Regexp) []span {
	const least = 7
	var all []span
	for _, piece := range piecesWithDigits(r.text, least) {
		for _, m := range p.FindAllStringIndex(r.text[piece.start:piece.end], -1) {
			all = append(all, span{piece.start + m[0], piece.start + m[1]})
		}
	}
	return all
}

func bare(s string) string { return strings.NewReplacer(" ", "", "-", "", "+", "").Replace(s) }

// identityNumber checks the last character of a resident identity number (GB 11643).
func identityNumber(s string) bool {
	if len(s) != 18 {
		return false
	}
	weight, sum := 1, 0
	for i := 16; i >= 0; i-- {
		if weight = weight * 2 % 11; s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += int(s[i]-'0') * weight
	}
	return "10x98765432"[sum%11] == s[17]
}

// luhn is the checksum of bank cards (ISO/IEC 7812-1).
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return len(digits) >= 15 && sum%10 == 0
}
