package prompts

import (
	"regexp"
	"slices"
	"strings"
	"text/template/parse"

	"careline/bot"
)

// askedFor are phrases that a model is asked to say: an answer may repeat them.
var askedFor = regexp.MustCompile(`“[^”]*”`)

// sentenceEnd parts instructions; a full stop ends a sentence before a space.
var sentenceEnd = regexp.MustCompile(`[。！？\n]|[.!?](?:\s|$)`)

// shortestInstruction is the least an instruction holds, in bytes.
const shortestInstruction = 12

// Instructions are the sentences by which a model is told what to do, without
// anybody's data and without the phrases that an answer is asked to use. An
// answer that repeats them gives away its instructions.
func Instructions(language bot.Language) []string {
	var all []string
	for _, part := range []struct{ kind, name string }{{"explain", "system"}, {"repair", "repair"}} {
		t, err := find(part.kind, language)
		if err != nil {
			return nil
		}
		for _, text := range fixedTexts(t.Lookup(part.name).Root) {
			for _, sentence := range sentenceEnd.Split(askedFor.ReplaceAllString(text, "\n"), -1) {
				if sentence = strings.TrimSpace(sentence); len(sentence) >= shortestInstruction && !slices.Contains(all, sentence) {
					all = append(all, sentence)
				}
			}
		}
	}
	return all
}

// fixedTexts are the texts of a template that are not filled in.
func fixedTexts(n parse.Node) []string {
	var all []string
	switch n := n.(type) {
	case *parse.TextNode:
		all = append(all, string(n.Text))
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, child := range n.Nodes {
			all = append(all, fixedTexts(child)...)
		}
	case *parse.IfNode:
		all = append(fixedTexts(n.List), fixedTexts(n.ElseList)...)
	case *parse.RangeNode:
		all = append(fixedTexts(n.List), fixedTexts(n.ElseList)...)
	case *parse.WithNode:
		all = append(fixedTexts(n.List), fixedTexts(n.ElseList)...)
	}
	return all
}
