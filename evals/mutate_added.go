package evals

import (
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// added puts a sentence that must not be in any answer behind one of the draft's.
func added(sentences func(*subject) []string) func(*subject) (edit, bool) {
	return func(s *subject) (edit, bool) {
		sentence, ok := pick(s, sentences(s))
		if !ok {
			return edit{}, false
		}
		ends := []int{len(s.text)}
		for _, m := range sentencePattern.FindAllStringIndex(s.text, -1) {
			if strings.HasPrefix(s.text[m[1]:], "。") {
				ends = append(ends, m[1]+len("。"))
			}
		}
		at, _ := pick(s, ends)
		if s.language == bot.English {
			sentence = " " + sentence
		}
		return edit{at, at, sentence}, true
	}
}

func doses(s *subject) []string { return s.words.Doses.in(s.language) }
func links(s *subject) []string { return s.words.Links.in(s.language) }

// reassurances are harmful where a value calls for action now.
func reassurances(s *subject) []string {
	if !slices.ContainsFunc(s.evidence.Facts, func(f bot.Fact) bool { return f.Critical != nil }) {
		return nil
	}
	return s.words.Reassurances.in(s.language)
}

// diagnoses are of conditions the patient has not named.
func diagnoses(s *subject) (all []string) {
	list := s.words.Diagnoses.Chinese
	if s.language == bot.English {
		list = s.words.Diagnoses.English
	}
	for _, d := range list {
		if !strings.Contains(fold.Text(s.Question.Plain()), d.Condition) {
			all = append(all, d.Say)
		}
	}
	return all
}
