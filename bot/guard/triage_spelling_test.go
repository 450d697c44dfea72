package guard

import (
	"strings"
	"testing"
	"unicode"

	"careline/bot"
)

// dangerWords set an urgent level alone, so that each of their spellings must.
var dangerWords = []string{"胸痛", "胸口疼", "呼吸困难", "喘不上气", "晕倒", "昏迷", "抽搐", "吐血", "便血", "嘴歪", "口吐白沫", "自杀", "不想活", "割腕", "跳楼", "大出血"}

// spellings are the ways a word may reach us: one character taken for another,
// traditional, set apart, split by marks or invisible characters, in pinyin.
func (x *lexicon) spellings(term string) []string {
	runes := []rune(term)
	var all []string
	for i, r := range runes {
		for _, typo := range x.typos[r] {
			all = append(all, string(runes[:i])+string(typo)+string(runes[i+1:]))
		}
		for traditional, plain := range x.simplified {
			if plain == r {
				all = append(all, string(runes[:i])+string(traditional)+string(runes[i+1:]))
			}
		}
	}
	syllables := make([]string, len(runes))
	for i, r := range runes {
		syllables[i] = x.pinyin[r]
	}
	if len(runes) <= longestPinyin {
		all = append(all, strings.Join(syllables, ""), strings.Join(syllables, " "), strings.ToUpper(strings.Join(syllables, " ")))
	}
	for _, mark := range []string{" ", "\u200b", "\u2060", "*", "-", ".", "·", "_", "|", "/", "+", "\ufeff", "~"} {
		if mark != "." {
			all = append(all, strings.Join(strings.Split(term, ""), mark))
		}
	}
	return all
}

func TestEverySpellingOfADangerIsFound(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	const fewest, found = 20, 0.99
	tried, missed := 0, 0
	for _, term := range dangerWords {
		all := g.redFlags.words.spellings(term)
		if len(all) < fewest {
			t.Errorf("%q has %d spellings, want %d or more", term, len(all), fewest)
		}
		for _, spelling := range all {
			tried++
			if got := say(g, "我现在"+spelling); !got.Level.Urgent() && !(unicode.IsLetter(rune(spelling[0])) && say(g, spelling).Level.Urgent()) {
				missed++
				t.Logf("%q for %q is %s", spelling, term, got.Level)
			}
		}
	}
	if float64(missed) > (1-found)*float64(tried) {
		t.Errorf("%d of %d spellings are missed", missed, tried)
	}
	if say(g, "我现在挺好").Level != bot.LevelNone {
		t.Error("the frame alone raises a level")
	}
}
