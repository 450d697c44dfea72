package guard

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"careline/bot"
)

// group is messages that must all come to one level, for one reason.
type group struct {
	About string    `yaml:"about"`
	Want  bot.Level `yaml:"want"`
	Say   []string  `yaml:"say"`
}

func groups(t testing.TB) []group {
	t.Helper()
	var all []group
	names, err := filepath.Glob("testdata/triage/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var some []group
		if err := yaml.UnmarshalWithOptions(raw, &some, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, some...)
	}
	return all
}

func TestMessagesComeToTheirLevel(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	for _, c := range groups(t) {
		t.Run(c.About, func(t *testing.T) {
			t.Parallel()
			for _, text := range c.Say {
				if got := say(g, text); got.Level != c.Want {
					t.Errorf("%q is %s by %s (%s), want %s", text, got.Level, got.Term, got.Rule, c.Want)
				}
			}
		})
	}
}

func TestTheTriggerQuotesTheMessageAsWritten(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	for text, want := range map[string]string{
		"今天 胸\u200b口  疼得厉害":                       "胸\u200b口  疼得厉害",
		"血钾是多少？我ｃｈｅｓｔ　ｐａｉｎ now":                   "ｃｈｅｓｔ　ｐａｉｎ",
		"请帮我转人工，谢谢":                               "帮我转人工",
		"My father says his chest hurts":          "chest hurts",
		"我没有发烧，就是觉得活着没意思":                         "活着没意思",
		"the lab report, can I speak to a doctor": "speak to a doctor",
	} {
		got := say(g, text)
		if got.Start < 0 || got.End > len(text) || text[got.Start:got.End] != want {
			t.Errorf("%q is quoted as %q, want %q", text, text[got.Start:got.End], want)
		}
	}
}

func TestMessagesOfATurnAreJudgedTogether(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	got := say(g, "我胸闷", "还喘不上气")
	if got.Level != bot.LevelEmergency {
		t.Errorf("split over two messages it is %s", got.Level)
	}
	if got := say(g, "胸闷", "没有喘不上气"); got.Level != bot.LevelNone {
		t.Errorf("denied in the second message it is %s by %s", got.Level, got.Term)
	}
	if got := say(g, "转人工", "胸口疼", "不想活了"); got.Level != bot.LevelCrisis {
		t.Errorf("of three levels %s is taken", got.Level)
	}
}

func TestRulesSayWhyALevelWasSet(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	for text, rule := range map[string]string{
		"胸痛":                       "lexicon",
		"没发烧但是胸口疼":                 "T1",
		"我爸胸口疼":                    "T2",
		"去年胸痛过，今天又胸痛":              "T3",
		"心梗有哪些症状，我现在胸口疼":           "T4",
		"我不会自杀的，就是活着没意思":           "T6",
		"转人工":                      "T7",
		"xiongtong":                "T8",
		"呼吸困难是什么原因引起的":             "T10",
		"I am not suicidal at all": "T10",
	} {
		if got := say(g, text); got.Rule != rule {
			t.Errorf("%q is decided by %q (%s), want %q", text, got.Rule, got.Level, rule)
		}
	}
}

func TestACriticalFactIsAnEmergency(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	in := TriageInput{Now: testNow, Messages: []bot.TurnMessage{{Text: bot.T("血钾高一点没事吧")}}}
	in.Facts = []bot.Fact{{Analyte: "ALT"}, {Analyte: "K", Critical: &bot.Critical{Action: bot.TierToday}}}
	if got := g.Triage(in); got.Level != bot.LevelEmergency || got.Rule != "critical" || got.Term != "K" {
		t.Errorf("%+v", got)
	}
	in.Messages[0].Text = bot.T("我不想活了")
	if got := g.Triage(in); got.Level != bot.LevelCrisis {
		t.Errorf("a crisis beside a critical fact is %+v", got)
	}
	in.Messages[0].Text = bot.T("转人工")
	if got := g.Triage(in); got.Rule != "critical" {
		t.Errorf("a request for a person hides a critical fact: %+v", got)
	}
}

func TestUnderAStandingEmergencyReviewedRepliesAreFound(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	result := []bot.Fact{{Kind: bot.FactResult, Analyte: "K", Critical: &bot.Critical{}}}
	stated := []bot.Fact{{Kind: bot.FactStated, Analyte: "K", Critical: &bot.Critical{}}}
	cases := []struct {
		text  string
		facts []bot.Fact
		rule  string
		level bot.Level
	}{
		{"我到医院了", nil, "arrived", bot.LevelNone},
		{"已经在急诊了", result, "arrived", bot.LevelNone},
		{"打了120", nil, "called-120", bot.LevelNone},
		{"叫了救护车，在路上", nil, "called-120", bot.LevelNone},
		{"太远了去不了", nil, "cannot-go", bot.LevelNone},
		{"不好意思打错了", nil, "mistaken", bot.LevelNone},
		{"I'm at the hospital", nil, "arrived", bot.LevelNone},
		{"I called an ambulance", nil, "called-120", bot.LevelNone},
		{"I can't get there, no car", nil, "cannot-go", bot.LevelNone},
		{"sorry, that was a mistake", nil, "mistaken", bot.LevelNone},
		{"还没到医院", nil, "", bot.LevelNone},
		{"到医院了，又吐血了", nil, "lexicon", bot.LevelEmergency},
		{"去不了，我也不想活了", nil, "lexicon", bot.LevelCrisis},
		{"我到医院了，血钾7.2", stated, "critical", bot.LevelEmergency},
		{"好的", result, "critical", bot.LevelEmergency},
	}
	for _, c := range cases {
		in := TriageInput{Standing: bot.LevelEmergency, Facts: c.facts, Messages: []bot.TurnMessage{{Text: bot.T(c.text)}}}
		got := g.Triage(in)
		if got.Level != c.level || c.rule != "lexicon" && got.Rule != c.rule {
			t.Errorf("%q: %s by %q, want %s by %q", c.text, got.Level, got.Rule, c.level, c.rule)
		}
		if got.Level == bot.LevelNone && got.Rule != "" && !StandingReply(got.Rule) {
			t.Errorf("%q is no standing reply", got.Rule)
		}
	}
	if got := say(g, "我到医院了"); got.Rule != "" {
		t.Errorf("without a standing emergency the reply is %q", got.Rule)
	}
	for _, rule := range []string{"", "critical", "T2", "standing"} {
		if StandingReply(rule) {
			t.Errorf("%q passes for a standing reply", rule)
		}
	}
}

func TestHidingCharactersChangesNoLevel(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	var texts []string
	levels := map[string]bot.Level{}
	for _, c := range groups(t) {
		for _, text := range c.Say {
			texts = append(texts, text)
			levels[text] = say(g, text).Level
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(texts).Draw(t, "text")
		disguised := disguise(t, text)
		if got := say(g, disguised); got.Level != levels[text] {
			t.Fatalf("%q is %s, as %q it is %s by %s", text, levels[text], disguised, got.Level, got.Term)
		}
	})
}

// disguise writes some characters full width, in capitals, or with something
// invisible behind them.
func disguise(t *rapid.T, text string) string {
	var b strings.Builder
	for _, r := range text {
		switch rapid.IntRange(0, 6).Draw(t, "how") {
		case 0:
			b.WriteRune(r)
			b.WriteString(rapid.SampledFrom([]string{"\u200b", "\u2060", "\ufeff", "\u00ad", "\u200d"}).Draw(t, "hidden"))
		case 1:
			if r > ' ' && r <= '~' {
				r += 0xff01 - '!'
			}
			b.WriteRune(r)
		case 2:
			b.WriteString(strings.ToUpper(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// patience is far above what reading takes on a busy machine, and far below what
// comparing every word with every other would take.
const patience = 10 * time.Second

func TestALongMessageIsReadInTime(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	for _, piece := range []string{"没有胸痛", "去年胸痛过", "如果胸痛", "胸痛吗", "no chest pain or ", "我以前自杀", "疼胸"} {
		began := time.Now()
		say(g, strings.Repeat(piece, 20_000/len([]rune(piece))))
		if took := time.Since(began); took > patience {
			t.Errorf("20,000 characters of %q took %v", piece, took)
		}
	}
}

func FuzzTriage(f *testing.F) {
	g := loaded(f)
	for _, c := range groups(f) {
		f.Add(c.Say[0], c.Say[len(c.Say)-1])
	}
	f.Add("\xff胸\xfe口疼", "\u0301。、")
	f.Fuzz(func(t *testing.T, first, second string) {
		got := say(g, first, second)
		if got.Rule == "panic" {
			t.Fatalf("triage panicked on %q and %q", first, second)
		}
		within := func(s string) bool { return got.Start >= 0 && got.Start <= got.End && got.End <= len(s) }
		if !within(first) && !within(second) {
			t.Fatalf("span [%d,%d) lies in neither message", got.Start, got.End)
		}
	})
}

func BenchmarkTriage(b *testing.B) {
	g := loaded(b)
	text := string([]rune(strings.Repeat("我妈上周体检转氨酶87，没有发烧、胸痛、呼吸困难，就是有点累，去年晕倒过，心梗有哪些症状？can it cause chest pain? ", 8))[:500])
	for b.Loop() {
		say(g, text)
	}
}
