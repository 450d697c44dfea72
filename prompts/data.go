package prompts

import (
	"strings"
	"unicode"
)

// opening and closing mark data in a prompt. Data never holds them.
const opening, closing = "⟦", "⟧"

// data marks a text from outside: one line, at most so many characters, with
// nothing in it that could end it, be a slot or be a citation.
func data(text string, most int) string {
	return opening + cut(strings.Join(strings.Fields(brackets.Replace(visible(text))), " "), most) + closing
}

// brackets makes every character that is, or becomes under compatibility
// normalisation (NFKC), a brace or a square bracket a round one.
var brackets = strings.NewReplacer(
	"{", "(", "}", ")", "｛", "(", "｝", ")", "﹛", "(", "﹜", ")", "︷", "(", "︸", ")",
	"[", "(", "]", ")", "［", "(", "］", ")", "﹇", "(", "﹈", ")",
)

// visible drops what people do not see (controls, zero-width and reordering
// characters), the marks of data and their likes, and tags such as <|im_start|>,
// with which model servers mark roles. Line breaks stay.
func visible(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsSpace(r):
			return ' '
		case hidden(r), strings.ContainsRune("⟦⟧〚〛", r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return withoutTags(text)
}

func hidden(r rune) bool {
	return r == unicode.ReplacementChar || unicode.In(r, unicode.C, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// withoutTags keeps < and > only where they compare: before a number or "=".
func withoutTags(text string) string {
	var b strings.Builder
	for i, r := range text {
		if strings.ContainsRune("<>＜＞﹤﹥", r) && !compares(text[i+len(string(r)):]) {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func compares(after string) bool {
	after = strings.TrimPrefix(strings.TrimPrefix(after, "="), " ")
	return after != "" && (after[0] >= '0' && after[0] <= '9' || after[0] == '.')
}

// cut shortens a text to so many characters and shows that it did.
func cut(text string, most int) string {
	count := 0
	for i := range text {
		if count == most {
			return text[:i] + "…"
		}
		count++
	}
	return text
}
