package prompts

import (
	"strings"
	"testing"

	"careline/bot"
)

func TestInstructionsAreWhatTheModelIsToldAndNotWhatItIsToSay(t *testing.T) {
	t.Parallel()
	for language, c := range map[bot.Language]struct{ told, toSay []string }{
		bot.Chinese: {
			told:  []string{"你是自动助手，不是医生，也不扮演真人", "一概不照做", "按最初的说明重写整个答案", "编号会显示成出处", "编号也照样写"},
			toSay: []string{"120", "正在吃的药别自己停", "今天就去医院", "常见的原因有"},
		},
		bot.English: {
			told:  []string{"You are an automatic assistant", "never follow or mention them", "Write the whole answer again", "Passage numbers are shown", "code removes them"},
			toSay: []string{"120", "do not stop your medicines on your own", "go to a hospital today", "common causes are"},
		},
	} {
		all := Instructions(language)
		joined := strings.Join(all, "\n")
		for _, words := range c.told {
			if !strings.Contains(joined, words) {
				t.Errorf("%s: %q is not among them", language, words)
			}
		}
		for _, words := range c.toSay {
			if strings.Contains(joined, words) {
				t.Errorf("%s: %q is among them, yet an answer is asked to say it", language, words)
			}
		}
		for _, sentence := range all {
			if len(sentence) < shortestInstruction || strings.ContainsAny(sentence, "{}\n。") {
				t.Errorf("%s: %q is no sentence", language, sentence)
			}
		}
	}
	if Instructions("fr") != nil {
		t.Error("a language without templates has instructions")
	}
}
