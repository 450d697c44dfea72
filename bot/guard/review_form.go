package guard

import (
	"regexp"
	"strings"
	"unicode"

	"careline/bot"
)

// v13: at emergency or crisis only the reviewed text leaves, never a draft.
func (r *reviewing) v13() []bot.Violation {
	if r.draft.Level.Urgent() {
		return r.overText("at level %s only the reviewed text may leave", r.draft.Level)
	}
	return nil
}

// markupPattern is what a chat would show as signs instead of as form.
var markupPattern = regexp.MustCompile("(?m)(?:^|\\s)#{1,6} |\\*\\*|__|`|</?[a-zA-Z][^>]*>|\\]\\(|^\\s*>\\s|^\\|.*\\|\\s*$")

// v14: the text fits the channel, is in the patient's language, and is plain.
func (r *reviewing) v14() []bot.Violation {
	var all []bot.Violation
	if limit := r.draft.Channel.MaxBytes; limit > 0 && len(r.draft.Text) > limit {
		all = append(all, r.overText("%d bytes where the channel takes %d", len(r.draft.Text), limit)...)
	}
	if language := r.draft.Language; language != "" && !r.speaks(language) {
		all = append(all, r.overText("the text is not in the patient's language (%s)", language)...)
	}
	if strings.ContainsAny(r.draft.Text, "#*_`<>|]") {
		for _, m := range markupPattern.FindAllStringIndex(r.draft.Text, -1) {
			all = append(all, bot.Violation{Start: m[0], End: m[1], Why: "markup in a plain text"})
		}
	}
	if !r.draft.Channel.Marks {
		for _, m := range r.marks() {
			all = append(all, r.violation(m, "a mark of evidence in a channel that shows it as text"))
		}
	}
	return all
}

// speaks reports whether the text is mostly in a language: characters of Chinese
// against words of Latin letters. A few words alone say nothing.
func (r *reviewing) speaks(language bot.Language) bool {
	const few = 6
	characters, words, inWord := 0, 0, false
	for _, c := range r.text {
		latin := c >= 'a' && c <= 'z'
		if latin && !inWord {
			words++
		}
		if inWord = latin; unicode.Is(unicode.Han, c) {
			characters++
		}
	}
	switch {
	case characters+words < few:
		return true
	case language == bot.Chinese:
		return characters > 2*words
	}
	return words >= characters
}
