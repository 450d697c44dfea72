package llm

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"careline/bot/fold"
)

// kept are words that are names too; see the file.
//
//go:embed kept.txt
var keptFile string

var kept = strings.Fields(comment.ReplaceAllString(keptFile, ""))

var comment = regexp.MustCompile(`(?m)^#.*$`)

// joint is what people put between the parts or the letters of a name.
const joint = `[ ._·•・,，、'’*|/\\-]{0,2}`

const (
	givenLength   = 2 // Han characters of a given name that can stand alone
	shortestLatin = 3 // letters of a first or last name that can stand alone
)

// nameForms are the patterns of the forms of these names in canonical text: the
// whole name in either order, and each part that can stand for the person.
func nameForms(names []string) []*regexp.Regexp {
	var forms []string
	for _, name := range names {
		parts := nameParts(fold.Text(name))
		forms = append(forms, wholes(parts)...)
		forms = append(forms, alone(parts)...)
	}
	slices.Sort(forms)
	var compiled []*regexp.Regexp
	for _, form := range slices.Compact(forms) {
		compiled = append(compiled, regexp.MustCompile(form))
	}
	return compiled
}

// nameParts splits a canonical name at everything that is no letter, and between scripts.
func nameParts(name string) []string {
	var parts []string
	last := ' '
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsMark(r):
		case unicode.IsLetter(last) && han(last) == han(r) || unicode.IsMark(r) && len(parts) > 0:
			parts[len(parts)-1] += string(r)
		default:
			parts = append(parts, string(r))
		}
		last = r
	}
	return parts
}

// wholes are the name's parts together, first or last name first. One character
// or two Latin letters are not taken for a name.
func wholes(parts []string) []string {
	letters := strings.Join(parts, "")
	if n := utf8.RuneCountInString(letters); n < givenLength || n < shortestLatin && !han(first(letters)) || len(parts) == 1 && slices.Contains(kept, letters) {
		return nil
	}
	spelled := make([]string, len(parts))
	for i, p := range parts {
		spelled[i] = spelling(p)
	}
	forward := strings.Join(spelled, joint)
	slices.Reverse(spelled)
	return []string{forward, strings.Join(spelled, joint)}
}

// alone are the parts that can stand for the person: the given name of a Han
// name, each part of a transliterated one, and Latin first and last names.
func alone(parts []string) []string {
	var forms []string
	for _, p := range parts {
		runes := []rune(p)
		switch {
		case !han(runes[0]):
			if len(runes) < shortestLatin {
				continue
			}
		case len(parts) == 1 && len(runes) > givenLength:
			p = string(runes[len(runes)-givenLength:])
		case len(runes) < givenLength:
			continue
		}
		if !slices.Contains(kept, p) {
			forms = append(forms, spelling(p))
		}
	}
	return forms
}

// spelling matches a part in one piece or typed letter by letter. Han characters
// may be joined anyhow; Latin letters all or none, or "an a" would be Ana.
func spelling(part string) string {
	var letters []string
	for _, r := range part {
		letters = append(letters, regexp.QuoteMeta(string(r)))
	}
	if han(first(part)) {
		return strings.Join(letters, joint)
	}
	return "(?:" + strings.Join(letters, "") + "|" + strings.Join(letters, strings.Replace(joint, "{0,2}", "{1,2}", 1)) + ")"
}

// occurrences are where a form stands: a Latin name only as a whole word.
func occurrences(text string, form *regexp.Regexp) []span {
	var found []span
	for at := 0; at < len(text); {
		loc := form.FindStringIndex(text[at:])
		if loc == nil {
			break
		}
		start, end := at+loc[0], at+loc[1]
		if insideWord(text, start, end) {
			_, n := utf8.DecodeRuneInString(text[start:])
			at = start + n
			continue
		}
		found = append(found, span{start, end, maskName})
		at = end
	}
	return found
}

func insideWord(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	last, _ := utf8.DecodeLastRuneInString(text[:end])
	return letter(before) && letter(first(text[start:])) || letter(last) && letter(after)
}

// letter is a letter of a script written in words.
func letter(r rune) bool { return unicode.IsLetter(r) && !han(r) }

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
