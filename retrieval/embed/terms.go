package embed

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"careline/bot/fold"
)

// Terms cuts a text into what search matches on: overlapping pairs of Chinese
// characters, and Latin words with their digits, in canonical form, in order,
// repeated where they repeat. Numbers are left out, and so are the words that say
// nothing about the subject: function words, and "high" and "low", which every
// document has.
func Terms(text string) []string {
	var terms []string
	eachTerm(fold.Text(text), func(term string, _ bool) { terms = append(terms, term) })
	return terms
}

// longestWord is in bytes; what is longer is no word, and PostgreSQL would refuse it.
const longestWord = 64

// eachTerm calls do for each term of a canonical text; latin tells words from
// Chinese pairs.
func eachTerm(text string, do func(term string, latin bool)) {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case unicode.Is(unicode.Han, r):
			end := runEnd(text, at, func(r rune) bool { return unicode.Is(unicode.Han, r) })
			pairs(text[at:end], do)
			at = end
		case letterOrDigit(r):
			end := runEnd(text, at, letterOrDigit)
			if word := text[at:end]; len(word) <= longestWord && strings.ContainsFunc(word, unicode.IsLetter) && !stop[word] {
				do(word, true)
			}
			at = end
		default:
			at += size
		}
	}
}

func pairs(han string, do func(term string, latin bool)) {
	_, size := utf8.DecodeRuneInString(han)
	if size == len(han) {
		if !stop[han] {
			do(han, false)
		}
		return
	}
	for at := 0; at+size < len(han); {
		_, next := utf8.DecodeRuneInString(han[at+size:])
		pair := han[at : at+size+next]
		if !stop[pair] && !stop[pair[:size]] && !stop[pair[size:]] {
			do(pair, false)
		}
		at, size = at+size, next
	}
}

func runEnd(text string, from int, in func(rune) bool) int {
	if end := strings.IndexFunc(text[from:], func(r rune) bool { return !in(r) }); end >= 0 {
		return from + end
	}
	return len(text)
}

func letterOrDigit(r rune) bool {
	return !unicode.Is(unicode.Han, r) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

//go:embed words/function.en.txt
var englishWords string

//go:embed words/function.zh.txt
var chineseWords string

// stop are the terms left out; a single Chinese character takes the pairs it is
// part of with it.
var stop = set(englishWords + chineseWords)

func set(list string) map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		words[word] = true
	}
	return words
}
