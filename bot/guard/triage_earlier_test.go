package guard

import (
	"testing"

	"careline/bot"
)

func TestWhatWasSaidEarlierCompletesADangerAndRaisesNothingAlone(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	cases := []struct {
		earlier, text string
		want          bot.Level
	}{
		{"胸闷", "还出冷汗，快晕倒了", bot.LevelEmergency},
		{"孩子才40天", "摸着烫，量了38.7", bot.LevelEmergency},
		{"我怀孕9周了", "刚才出血了", bot.LevelEmergency},
		{"he hit his head this morning", "now he keeps vomiting", bot.LevelEmergency},
		{"胸口疼得厉害", "转氨酶87高吗", bot.LevelNone},
		{"我不想活了", "谢谢", bot.LevelNone},
		{"转人工", "好的", bot.LevelNone},
		{"胸闷", "没有出冷汗", bot.LevelNone},
		{"去年晕倒过", "现在心慌", bot.LevelNone},
	}
	for _, c := range cases {
		got := g.Triage(TriageInput{
			Now: testNow, Earlier: []bot.TurnMessage{{Text: bot.T(c.earlier)}}, Messages: []bot.TurnMessage{{Text: bot.T(c.text)}},
		})
		if got.Level != c.want {
			t.Errorf("%q after %q is %s by %s (%s), want %s", c.text, c.earlier, got.Level, got.Term, got.Rule, c.want)
		}
		if got.End > len(c.text) {
			t.Errorf("%q after %q quotes [%d,%d), which is not in the new message", c.text, c.earlier, got.Start, got.End)
		}
	}
}
