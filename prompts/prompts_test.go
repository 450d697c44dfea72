package prompts_test

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
	"careline/prompts"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got+"\n"); diff != "" {
		t.Errorf("%s (go test ./prompts -update writes it anew; raise the template's version):\n%s", path, diff)
	}
}

func rendered(t testing.TB, x prompts.Explain) prompts.Prompt {
	t.Helper()
	p, err := x.Render()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPromptsAreAsReviewed(t *testing.T) {
	t.Parallel()
	for name, x := range cases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := rendered(t, x)
			golden(t, name, p.User)
			if name == "one-abnormal" || name == "english" {
				golden(t, "system."+string(x.Language), p.Name()+"\n"+p.System)
			}
		})
	}
}

func TestARepairFollowsThePromptAndTheDraft(t *testing.T) {
	t.Parallel()
	for language, name := range map[bot.Language]string{bot.Chinese: "one-abnormal", bot.English: "english"} {
		first := rendered(t, cases(t)[name])
		draft := "ALT 是 {{F1.value}}，正常人 35。"
		at := strings.Index(draft, "35")
		p, err := prompts.Repair{Language: language, Explain: first, Draft: draft, Violations: []bot.Violation{{Check: "V1", Start: at, End: at + 2, Why: "a number that is in no fact"}}}.Render()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "repair."+string(language), p.Name()+"\n"+p.Repair)
		want := []prompts.Message{{Role: "system", Text: first.System}, {Role: "user", Text: first.User}, {Role: "assistant", Text: draft}, {Role: "user", Text: p.Repair}}
		if diff := cmp.Diff(want, p.Messages()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want[:2], first.Messages()); diff != "" {
			t.Error(diff)
		}
	}
}

// TestEveryFieldChangesThePrompt: a field that no template used would be one that
// its caller fills in vain.
func TestEveryFieldChangesThePrompt(t *testing.T) {
	t.Parallel()
	change := map[string]func(*prompts.Explain){
		"Language": func(x *prompts.Explain) { x.Language = bot.English },
		"Evidence": func(x *prompts.Explain) { x.Evidence.Patient = nil },
		"Slots":    func(x *prompts.Explain) { x.Slots = x.Slots[:2] },
		"Tier":     func(x *prompts.Explain) { x.Tier = bot.TierToday },
		"Action":   func(x *prompts.Explain) { x.Action = "请今天就去医院。" },
		"Level":    func(x *prompts.Explain) { x.Level = bot.LevelReview },
		"Question": func(x *prompts.Explain) { x.Question = []bot.Text{bot.T("另一个问题")} },
		"Recent": func(x *prompts.Explain) {
			x.Recent = []bot.Message{{Author: bot.AuthorPatient, Text: bot.T("刚才说的")}}
		},
		"Limit":   func(x *prompts.Explain) { x.Limit = 600 },
		"Marks":   func(x *prompts.Explain) { x.Marks = true },
		"Missing": func(x *prompts.Explain) { x.Missing = []string{"铁蛋白"} },
		"Held":    func(x *prompts.Explain) { x.Held = true },
	}
	base := rendered(t, cases(t)["one-abnormal"])
	fields := reflect.TypeFor[prompts.Explain]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if change[name] == nil {
			t.Errorf("no test changes %s", name)
			continue
		}
		x := cases(t)["one-abnormal"]
		change[name](&x)
		if p := rendered(t, x); p.System == base.System && p.User == base.User {
			t.Errorf("%s changes nothing", name)
		}
	}
}

func TestWhatCannotBeAskedIsAnError(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*prompts.Explain){
		"a level at which only reviewed texts leave": func(x *prompts.Explain) { x.Level = bot.LevelEmergency },
		"a language without a template":              func(x *prompts.Explain) { x.Language = "fr" },
		"no question":                                func(x *prompts.Explain) { x.Question = nil },
		"a fact without slots":                       func(x *prompts.Explain) { x.Slots = nil },
		"a slot without a fact":                      func(x *prompts.Explain) { x.Evidence.Facts = nil },
		"a negative limit":                           func(x *prompts.Explain) { x.Limit = -1 },
	} {
		x := cases(t)["one-abnormal"]
		spoil(&x)
		if p, err := x.Render(); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
	first, fault := rendered(t, cases(t)["english"]), []bot.Violation{{Check: "V14", End: 5, Why: "too long"}}
	for name, r := range map[string]prompts.Repair{
		"no draft":                    {Language: bot.English, Explain: first, Violations: fault},
		"no violation":                {Language: bot.English, Explain: first, Draft: "draft"},
		"no first prompt":             {Language: bot.English, Draft: "draft", Violations: fault},
		"a span of another text":      {Language: bot.English, Explain: first, Draft: "dra", Violations: fault},
		"a repair without a template": {Language: "fr", Explain: first, Draft: "draft", Violations: fault},
	} {
		if p, err := r.Render(); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestNothingInAPromptIdentifiesAnybody: ids, laboratory and method stay out.
func TestNothingInAPromptIdentifiesAnybody(t *testing.T) {
	t.Parallel()
	for name, x := range cases(t) {
		p := rendered(t, x)
		for _, secret := range []string{"424242", "424241", "535353", "某某检验中心", "速率法"} {
			if strings.Contains(p.System+p.User, secret) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
	}
}

// TestAPromptOffersNoDirectionItMayNotSay: children and pregnancy.
func TestAPromptOffersNoDirectionItMayNotSay(t *testing.T) {
	t.Parallel()
	all := cases(t)
	for _, name := range []string{"child", "pregnant", "stated"} {
		p := rendered(t, all[name])
		for _, word := range []string{"偏高", "偏低", ".direction}}", ".times_upper}}", ".change}}"} {
			if strings.Contains(p.User, word) {
				t.Errorf("%s offers %q", name, word)
			}
		}
	}
}

// TestAPromptPrintedByAccidentShowsItsName alone.
func TestAPromptPrintedByAccidentShowsItsName(t *testing.T) {
	t.Parallel()
	p := rendered(t, cases(t)["one-abnormal"])
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("asked", "prompt", p)
	for _, printed := range []string{fmt.Sprint(p), fmt.Sprintf("%+v %#v %s", p, p, &p), log.String()} {
		if !strings.Contains(printed, "explain.zh/1") || strings.Contains(printed, "转氨酶") {
			t.Errorf("%.80q", printed)
		}
	}
}

// TestPromptsStaySmall prints what each costs. Tokens are an estimate: a Chinese
// character is about one, other text four bytes.
func TestPromptsStaySmall(t *testing.T) {
	t.Parallel()
	tokens := func(text string) int {
		wide := (len(text) - utf8.RuneCountInString(text)) / 2
		return wide + (len(text)-3*wide)/4
	}
	for name, x := range cases(t) {
		p := rendered(t, x)
		t.Logf("%s: system %d characters, about %d tokens; user %d characters, about %d tokens", name,
			utf8.RuneCountInString(p.System), tokens(p.System), utf8.RuneCountInString(p.User), tokens(p.User))
		if most := map[bot.Language]int{bot.Chinese: 1500, bot.English: 3800}[x.Language]; utf8.RuneCountInString(p.System) > most {
			t.Errorf("%s: the system prompt is longer than %d characters", name, most)
		}
	}
}

// TestAHugeReportStaysAPrompt: caps hold, what is out of range is kept, and what
// is left out is counted.
func TestAHugeReportStaysAPrompt(t *testing.T) {
	t.Parallel()
	var facts []bot.Fact
	for range 200 {
		facts = append(facts, within("项目", "5", "1", "9", "g/L"))
	}
	x := prompts.Explain{Evidence: bot.Evidence{Passages: make([]bot.Passage, 300)}}
	for i := range x.Evidence.Passages {
		x.Evidence.Passages[i].Text = strings.Repeat("知识", 3000)
	}
	for range 100 {
		x.Recent = append(x.Recent, bot.Message{Author: bot.AuthorPatient, Text: bot.T(strings.Repeat("话", 5000))})
	}
	x = asked(t, x, strings.Repeat("问", 100000), append(facts, alt("谷丙转氨酶（ALT）"))...)
	p := rendered(t, x)
	if n := utf8.RuneCountInString(p.User); n > 20000 {
		t.Errorf("%d characters", n)
	}
	if !strings.Contains(p.User, "{{F201.direction}} ⟦偏高⟧") || !strings.Contains(p.User, "另有171项没有列出") {
		t.Error("what is out of range is lost, or what is left out is not said")
	}
}

func BenchmarkRender(b *testing.B) {
	x := cases(b)["several"]
	for b.Loop() {
		if _, err := x.Render(); err != nil {
			b.Fatal(err)
		}
	}
}
