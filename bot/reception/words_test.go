package reception

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/guard"
)

// TestNoCodeSoundsLikeADanger: codes and factors are typed too.
func TestNoCodeSoundsLikeADanger(t *testing.T) {
	t.Parallel()
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	random := rand.New(rand.NewPCG(1, 5))
	for range 2000 {
		var code strings.Builder
		for range 8 {
			code.WriteByte(letters[random.IntN(len(letters))])
		}
		for _, text := range []string{code.String(), "绑定码 " + code.String(), fmt.Sprintf("%06d", random.IntN(1e6))} {
			got := g.Triage(guard.TriageInput{Messages: []bot.TurnMessage{{Kind: bot.MessageText, Text: bot.T(text)}}, Now: time.Now(), Language: bot.Chinese})
			if got.Level >= bot.LevelHuman {
				t.Errorf("%q is %s by %s %s", text, got.Level, got.Rule, got.Term)
			}
		}
	}
}

func loaded(t *testing.T) words {
	t.Helper()
	var w words
	if err := readYAML("texts/words.yaml", &w); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w words) all() (all []string) {
	add := func(s spoken) { all = append(append(all, s.Chinese...), s.English...) }
	for _, s := range w.Answers {
		add(s)
	}
	for _, s := range w.Topics {
		add(s)
	}
	for _, r := range w.Relations {
		add(r.Words)
	}
	slices.Sort(all)
	return all
}

// TestNoAnswerSoundsLikeADanger: triage comes first, so an answer that raised an
// alarm could never be given.
func TestNoAnswerSoundsLikeADanger(t *testing.T) {
	t.Parallel()
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range append(loaded(t).all(), "1", "5", "123456", "1 3", "我的报告", "是我妈的") {
		got := g.Triage(guard.TriageInput{Messages: []bot.TurnMessage{{Kind: bot.MessageText, Text: bot.T(word)}}, Now: time.Now(), Language: bot.Chinese})
		if got.Level >= bot.LevelHuman {
			t.Errorf("%q is %s by %s %s", word, got.Level, got.Rule, got.Term)
		}
	}
}
