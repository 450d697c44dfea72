package guard

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"careline/bot"
)

// examples are the labelled messages of evals/triage.
func examples(t testing.TB) (all []Example) {
	t.Helper()
	files, err := filepath.Glob("../../evals/triage/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			var e struct {
				Text   string
				Expect bot.Level
				Accept []bot.Level
				Turns  []json.RawMessage
			}
			if len(strings.TrimSpace(lines.Text())) == 0 {
				continue
			}
			if err := json.Unmarshal([]byte(lines.Text()), &e); err != nil && e.Turns == nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e.Turns == nil {
				all = append(all, Example{e.Text, e.Expect, e.Accept})
			}
		}
	}
	return all
}

// TestTheWeightsAreThoseOfTheExamples: whoever adds a message runs `make learn`.
func TestTheWeightsAreThoseOfTheExamples(t *testing.T) {
	t.Parallel()
	if got, want := loaded(t).learned.Digest, DigestOf(examples(t)); got != want {
		t.Errorf("data/learned.tsv was made from other examples (%s, now %s): run make learn", got, want)
	}
}

func TestTheSameExamplesInAnyOrderTeachTheSame(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	some := examples(t)[:200]
	other := slices.Clone(some)
	slices.Reverse(other)
	if g.Learn(some) != g.Learn(other) {
		t.Error("the order of the examples changes the weights")
	}
}

func TestWhatWasLearnedAddsALevelAndTakesNoneAway(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	without := &Guard{redFlags: g.redFlags, learned: learned{words: map[string]weights{"": {}}, threshold: weights{1e9, 1e9, 1e9, 1e9}}}
	added := 0
	for _, e := range examples(t) {
		rules, both := say(without, e.Text), say(g, e.Text)
		if both.Level < rules.Level {
			t.Errorf("%q is %s by the rules and %s with what was learned", e.Text, rules.Level, both.Level)
		}
		if both.Level > rules.Level {
			added++
			if both.Rule != "T11" || both.End > len(e.Text) || both.Start > both.End {
				t.Errorf("%q: %+v", e.Text, both)
			}
		}
	}
	if added == 0 {
		t.Error("nothing was learned that the rules do not say")
	}
}

func TestAWordsFileThatIsBrokenIsRefused(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"empty": "", "no words": "examples\tx\nbias\t0\t0\t0\t0\nthreshold\t0\t0\t0\t0\n",
		"a weight missing": "examples\tx\nbias\t0\t0\t0\t0\nthreshold\t0\t0\t0\t0\nx\t0\t0\t0\n",
		"no number":        "examples\tx\nbias\t0\t0\t0\t0\nthreshold\t0\t0\t0\t0\nx\t0\t0\t0\ty\n",
	} {
		if _, err := readLearned(file); err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
}

func TestAPersonAloneIsNoDangerAndBesideOneChangesNothing(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	for text, want := range map[string]bot.Level{
		"我自己": bot.LevelNone, "是我自己的。": bot.LevelNone, "老婆": bot.LevelNone, "My brother": bot.LevelNone, "myself": bot.LevelNone,
		"我自己不想活了": bot.LevelCrisis, "老婆晕倒了": bot.LevelEmergency, "I want to kill myself": bot.LevelCrisis,
	} {
		got := g.Triage(TriageInput{Messages: []bot.TurnMessage{{Kind: "text", Text: bot.T(text)}}, Language: bot.Chinese})
		if got.Level != want {
			t.Errorf("%q is %s by %s %s, want %s", text, got.Level, got.Rule, got.Term, want)
		}
	}
}
