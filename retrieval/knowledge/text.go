package knowledge

import (
	"strconv"
	"strings"

	"careline/retrieval/embed"
)

// lexemes is a passage as a tsvector in text form: PostgreSQL's own parser takes
// a Chinese sentence for one word, so the terms are cut before they are stored.
// A term of the title weighs ten times one of the rest: the title is what tells
// documents apart, while headings say "high" and "low" in all of them.
func lexemes(title, heading, body string) string {
	var b strings.Builder
	position := 0
	add := func(text, weight string) {
		for _, term := range embed.Terms(text) {
			position++
			b.WriteString("'" + term + "':" + strconv.Itoa(position) + weight + " ")
		}
	}
	add(title, "A")
	add(heading, "")
	add(body, "")
	return b.String()
}

// maxTerms is where a question stops adding to its search: a long message says
// what it is about early and often.
const maxTerms = 96

// anyOf is a tsquery in text form that matches a passage with any term of a
// question; "" when there is nothing to look for.
func anyOf(question string) string {
	var quoted []string
	seen := map[string]bool{}
	for _, term := range embed.Terms(question) {
		if !seen[term] && len(quoted) < maxTerms {
			seen[term] = true
			quoted = append(quoted, "'"+term+"'")
		}
	}
	return strings.Join(quoted, " | ")
}
