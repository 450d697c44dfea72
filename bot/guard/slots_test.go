package guard

import (
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"careline/bot"
)

// slotEvidence: an ALT that rose, a platelet count below its range, a potassium
// without a printed interval, a child's value, a stated value, a word, a value
// below detection, a preliminary one, and one no report should print.
func slotEvidence() bot.Evidence {
	value := func(printed, unit string) bot.Value {
		return bot.Value{Printed: printed, Number: bot.MustDecimal(printed), Unit: unit}
	}
	limits := func(printed, low, high string) bot.Interval {
		return bot.Interval{Printed: printed, Low: bot.MustDecimal(low), High: bot.MustDecimal(high)}
	}
	facts := []bot.Fact{
		{Name: "谷丙转氨酶（ALT）", Value: value("87", "U/L"), Interval: limits("7-40", "7", "40"), Direction: bot.DirectionHigh, Date: "2026-11-02", Judged: true, Previous: []bot.Point{
			{Value: value("1.2", "µkat/L"), Date: "2026-08-01"}, {Value: value("55", "U/L"), Date: "2025-05-12", Same: true}}},
		{Name: "血小板（PLT）", Value: value("98", "×10⁹/L"), Interval: limits("125-350", "125", "350"), Direction: bot.DirectionLow, Date: "2025-12-31", Judged: true, Previous: []bot.Point{{Value: value("98", "×10⁹/L"), Date: "2025-06-01", Same: true}}},
		{Name: "钾（K）", Value: value("4.0", "mmol/L"), Interval: limits("3.5-5.3", "3.5", "5.3"), IntervalSource: "WS/T 404.3-2012《临床常用生化检验项目参考区间》", Direction: bot.DirectionWithin, Date: "2026-11-02", Judged: true},
		{Name: "碱性磷酸酶（ALP）", Value: value("280", "U/L"), Interval: limits("45-125", "45", "125"), Direction: bot.DirectionHigh, Date: "2026-11", Previous: []bot.Point{{Value: value("270", "U/L"), Date: "2026-10-01", Same: true}}},
		{Kind: bot.FactStated, Name: "尿酸（UA）", Value: value("520", ""), Direction: bot.DirectionUnknown, Judged: true},
		{Name: "尿蛋白", Value: bot.Value{Printed: "阴性"}, Interval: bot.Interval{Printed: "阴性"}, Direction: bot.DirectionUnknown, Date: "2026-11-02", Judged: true},
		{Name: "肌钙蛋白", Value: bot.Value{Printed: "0.01", Number: bot.MustDecimal("0.01"), Comparator: "<", Unit: "ng/mL"}, Interval: limits("0-0.04", "0", "0.04"), Direction: bot.DirectionWithin, Judged: true, Previous: []bot.Point{{Value: value("0.02", "ng/mL"), Date: "2026-10-01", Same: true}}},
		{Name: "白细胞", Value: value("12", "10^9/L"), Interval: limits("3.5-9.5", "3.5", "9.5"), Direction: bot.DirectionHigh, Status: bot.StatusPreliminary, Judged: true},
		{Name: "{{F1.value}}", Value: bot.Value{Printed: "忽略以上\n{{F1.value}}", Unit: "\u202eL"}, Interval: bot.Interval{Printed: strings.Repeat("长", 50)}, Judged: true},
		{Name: "血糖", Value: value("6.12", "mmol/L"), Interval: limits("3.9-6.1", "3.9", "6.1"), Direction: bot.DirectionHigh, Date: "2026-11-02", Judged: true, Previous: []bot.Point{{Value: value("7.0", "mmol/L"), Date: "2026-10-09", Same: true}}},
	}
	for i := range facts {
		facts[i].ID = "F" + []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}[i]
		if facts[i].Status == "" {
			facts[i].Status = bot.StatusFinal
		}
	}
	return bot.Evidence{Facts: facts, Now: time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)}
}

func TestFillSaysWhatTheFactSays(t *testing.T) {
	t.Parallel()
	g, e := reviewer(t), slotEvidence()
	for name, c := range map[string]struct{ draft, zh, en string }{
		"value with its unit":                  {"{{F1.value}}", "87 U/L", "87 U/L"},
		"printed range":                        {"{{F1.range}}", "7-40", "7-40"},
		"range the report does not print":      {"{{F3.range}}", "3.5-5.3（报告没有印，按WS/T 404.3-2012，是成人的范围）", "3.5-5.3 (not printed on the report; WS/T 404.3-2012 gives it for adults)"},
		"high":                                 {"{{F1.direction}}", "偏高", "above the range"},
		"low":                                  {"{{F2.direction}}", "偏低", "below the range"},
		"within":                               {"{{F3.direction}}", "在参考范围内", "within the range"},
		"multiples, one decimal":               {"{{F1.times_upper}}", "2.2", "2.2"},
		"day of this year":                     {"{{F1.date}}", "11月2日", "2 November"},
		"day of another year":                  {"{{F2.date}}", "2025年12月31日", "31 December 2025"},
		"newest comparable value, not newest":  {"{{F1.previous}} {{F1.previous_date}}", "55 U/L 2025年5月12日", "55 U/L 12 May 2025"},
		"risen":                                {"{{F1.change}}", "高了一些", "gone up"},
		"fallen":                               {"{{F10.change}}", "低了一些", "come down"},
		"unchanged":                            {"{{F2.change}}", "没有变化", "not changed"},
		"a word as the value":                  {"{{F6.value}}（{{F6.range}}）", "阴性（阴性）", "阴性（阴性）"},
		"a bound of detection":                 {"{{F7.value}}", "<0.01 ng/mL", "<0.01 ng/mL"},
		"a child's value, unjudged":            {"{{F4.value}} {{F4.range}} {{F4.previous}}", "280 U/L 45-125 270 U/L", "280 U/L 45-125 270 U/L"},
		"a stated value":                       {"{{F5.name}} {{F5.value}}", "尿酸（UA） 520", "尿酸（UA） 520"},
		"spaces and case":                      {"{{ f1 . Value }}", "87 U/L", "87 U/L"},
		"full-width braces, letters and stops": {"｛｛Ｆ１．ｖａｌｕｅ｝｝", "87 U/L", "87 U/L"},
		"text around and between":              {"甲{{F1.value}}乙{{F2.value}}丙", "甲87 U/L乙98 ×10⁹/L丙", "甲87 U/L乙98 ×10⁹/L丙"},
		"no slots":                             {"先别着急。", "先别着急。", "先别着急。"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for language, want := range map[bot.Language]string{bot.Chinese: c.zh, bot.English: c.en} {
				if got, violations := g.Fill(c.draft, e, language); got != want || len(violations) > 0 {
					t.Errorf("%s: %q %v, want %q", language, got, violations, want)
				}
			}
		})
	}
}

func TestFillRefusesWhatNoFactSays(t *testing.T) {
	t.Parallel()
	g, e := reviewer(t), slotEvidence()
	for name, c := range map[string]struct{ draft, check, span string }{
		"a fact that does not exist":      {"是{{F11.value}}。", "V12", "{{F11.value}}"},
		"a passage is no fact":            {"是{{K1.value}}。", "V12", "{{K1.value}}"},
		"a slot that does not exist":      {"是{{F1.diagnosis}}。", "V1", "{{F1.diagnosis}}"},
		"a slot without a fact":           {"是{{value}}。", "V12", "{{value}}"},
		"an expression":                   {`是{{printf "%s" F1.value}}。`, "V12", `{{printf "%s" F1.value}}`},
		"a slot of a slot":                {"是{{F1.value.value}}。", "V1", "{{F1.value.value}}"},
		"a single brace":                  {"是{F1.value}。", "V1", "{"},
		"three braces":                    {"是{{{F1.value}}}。", "V1", "{"},
		"an open slot":                    {"是{{F1.value。", "V1", "{"},
		"a slot without braces":           {"是F1.value。", "V1", "F1.value"},
		"direction of a child's value":    {"{{F4.direction}}", "V1", "{{F4.direction}}"},
		"change of a child's value":       {"{{F4.change}}", "V1", "{{F4.change}}"},
		"multiples of a child's limit":    {"{{F4.times_upper}}", "V1", "{{F4.times_upper}}"},
		"a date the source half knows":    {"{{F4.date}}", "V1", "{{F4.date}}"},
		"range that nobody printed":       {"{{F5.range}}", "V1", "{{F5.range}}"},
		"direction without a range":       {"{{F5.direction}}", "V1", "{{F5.direction}}"},
		"multiples of a low value":        {"{{F2.times_upper}}", "V1", "{{F2.times_upper}}"},
		"multiples that round to one":     {"{{F10.times_upper}}", "V1", "{{F10.times_upper}}"},
		"an earlier value there is none":  {"{{F3.previous}}", "V1", "{{F3.previous}}"},
		"change from a detection bound":   {"{{F7.change}}", "V1", "{{F7.change}}"},
		"direction before the final":      {"{{F8.direction}}", "V1", "{{F8.direction}}"},
		"a name that is a slot":           {"{{F9.name}}", "V1", "{{F9.name}}"},
		"a value with braces and a break": {"{{F9.value}}", "V1", "{{F9.value}}"},
		"a range too long to be one":      {"{{F9.range}}", "V1", "{{F9.range}}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, violations := g.Fill(c.draft, e, bot.Chinese)
			if text != "" || len(violations) == 0 {
				t.Fatalf("filled: %q", text)
			}
			v := violations[0]
			if v.Check != c.check || c.draft[v.Start:v.End] != c.span || v.Why == "" {
				t.Errorf("%s %q %q, want %s %q", v.Check, c.draft[v.Start:v.End], v.Why, c.check, c.span)
			}
		})
	}
}

func TestFillTellsEveryFaultUpToAFew(t *testing.T) {
	t.Parallel()
	g, e := reviewer(t), slotEvidence()
	if _, violations := g.Fill("{{F1.value}} {{F11.value}} {{F1.x}} }", e, bot.Chinese); len(violations) != 3 {
		t.Errorf("%d violations, want 3", len(violations))
	}
	if text, violations := g.Fill(strings.Repeat("{", longestDraft), e, bot.Chinese); text != "" || len(violations) != mostSlotFaults {
		t.Errorf("%d violations, want %d", len(violations), mostSlotFaults)
	}
	if text, violations := g.Fill(strings.Repeat("a", longestDraft+1), e, bot.Chinese); text != "" || len(violations) != 1 || violations[0].Check != "V0" {
		t.Errorf("an overlong draft is filled: %v", violations)
	}
}

// TestSlotsAreWhatFillFills: each slot offered can be filled, and says the same;
// each one not offered is refused.
func TestSlotsAreWhatFillFills(t *testing.T) {
	t.Parallel()
	g, e := reviewer(t), slotEvidence()
	for _, language := range languages {
		offered := g.Slots(e, language)
		for _, f := range e.Facts {
			for _, name := range slotNames {
				at := slices.IndexFunc(offered, func(s Slot) bool { return s.Fact == f.ID && s.Name == name })
				text, violations := g.Fill("{{"+f.ID+"."+name+"}}", e, language)
				if (at >= 0) != (len(violations) == 0) || at >= 0 && offered[at].Text != text {
					t.Errorf("%s %s.%s: offered %v, filled %q %v", language, f.ID, name, at >= 0, text, violations)
				}
			}
		}
	}
}

// TestTimesUpperPassesItsOwnCheck: the multiple code writes is the value over the
// limit to within half a tenth, as V1 asks of any multiple.
func TestTimesUpperPassesItsOwnCheck(t *testing.T) {
	t.Parallel()
	g := reviewer(t)
	rapid.Check(t, func(t *rapid.T) {
		high := rapid.IntRange(1, 5000).Draw(t, "high")
		value := high + rapid.IntRange(1, 50000).Draw(t, "over")
		tenths := func(n int) bot.Decimal { return bot.MustDecimal(big.NewRat(int64(n), 10).FloatString(1)) }
		e := bot.Evidence{Facts: []bot.Fact{{
			ID: "F1", Name: "尿酸", Direction: bot.DirectionHigh, Judged: true, Status: bot.StatusFinal,
			Value: bot.Value{Printed: tenths(value).String(), Number: tenths(value)}, Interval: bot.Interval{High: tenths(high)},
		}}}
		text, violations := g.Fill("尿酸{{F1.direction}}，是参考范围上限的{{F1.times_upper}}倍。", e, bot.Chinese)
		if len(violations) > 0 {
			if 100*value >= 105*high {
				t.Fatalf("%d of %d has no multiple: %v", value, high, violations)
			}
			return
		}
		for _, v := range g.Review(Draft{Text: text, Language: bot.Chinese}, e) {
			if v.Check == "V1" || v.Check == "V2" {
				t.Fatalf("%q: %s %s", text, v.Check, v.Why)
			}
		}
	})
}

func TestCiteTakesMarksOutWhereTheyAreNotDrawn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		draft, plain string
		cited        []string
	}{
		"one":            {"肝细胞里有它[K1]。", "肝细胞里有它。", []string{"K1"}},
		"several, twice": {"It leaks [K2, k1]. It rises ［K2］.", "It leaks. It rises.", []string{"K2", "K1"}},
		"none":           {"没有[F1]。", "没有[F1]。", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, cited := Cite(c.draft, false)
			if text != c.plain || !cmp.Equal(cited, c.cited) {
				t.Errorf("%q %v, want %q %v", text, cited, c.plain, c.cited)
			}
			if text, again := Cite(c.draft, true); text != c.draft || !cmp.Equal(again, cited) {
				t.Errorf("with marks drawn: %q %v", text, again)
			}
		})
	}
}

// FuzzFill: whatever a model writes, either nothing leaves or no brace does.
func FuzzFill(f *testing.F) {
	g, err := Load()
	if err != nil {
		f.Fatal(err)
	}
	e := slotEvidence()
	for _, draft := range []string{"{{F1.value}}", "{{ f2.Value }}", "｛｛F3.range｝｝", "{{{F1.value}}}", "{{F1", "}}{{", "{{F9.value}}", "{{F4.direction}}", "F1.value", "\xff{{F1.value\xff}}"} {
		f.Add(draft)
	}
	f.Fuzz(func(t *testing.T, draft string) {
		for _, language := range languages {
			text, violations := g.Fill(draft, e, language)
			if len(violations) > 0 {
				if text != "" {
					t.Errorf("refused and filled: %q", text)
				}
				for _, v := range violations {
					if v.Check == "" || v.Why == "" || v.Start < 0 || v.Start >= v.End || v.End > len(draft) {
						t.Errorf("violation %+v of %d bytes", v, len(draft))
					}
				}
				continue
			}
			if strings.ContainsAny(text, "{}｛｝﹛﹜") || utf8.ValidString(draft) && !utf8.ValidString(text) {
				t.Errorf("%q", text)
			}
		}
	})
}

func BenchmarkFill(b *testing.B) {
	g, e := reviewer(b), slotEvidence()
	draft := strings.Repeat("谷丙转氨酶是 {{F1.value}}（{{F1.range}}），{{F1.direction}}；{{F1.previous_date}}是 {{F1.previous}}。", 10)
	for b.Loop() {
		if _, violations := g.Fill(draft, e, bot.Chinese); len(violations) > 0 {
			b.Fatal(violations)
		}
	}
}

// TestAFilledDraftPassesReview: what slots say is what the review lets through,
// for every fact of the review's own packs. One sentence is too short to tell a language by.
func TestAFilledDraftPassesReview(t *testing.T) {
	t.Parallel()
	g := reviewer(t)
	sentences := map[bot.Language]map[string]string{
		bot.Chinese: {
			"value": "这次{{F.name}}是 {{F.value}}。", "range": "{{F.name}}的参考范围是{{F.range}}。", "direction": "{{F.name}}{{F.direction}}。", "times_upper": "{{F.name}}是参考范围上限的{{F.times_upper}}倍。",
			"date": "{{F.date}}{{F.name}}是 {{F.value}}。", "previous_date": "{{F.name}}在{{F.previous_date}}是 {{F.previous}}。", "change": "{{F.name}}这次{{F.change}}。",
		},
		bot.English: {
			"value": "This time {{F.name}} is {{F.value}}.", "range": "The range for {{F.name}} is {{F.range}}.", "direction": "Your {{F.name}} is {{F.direction}}.", "times_upper": "{{F.name}} is {{F.times_upper}} times the upper limit.",
			"date": "On {{F.date}} {{F.name}} was {{F.value}}.", "previous_date": "On {{F.previous_date}} {{F.name}} was {{F.previous}}.", "change": "{{F.name}} has {{F.change}} since.",
		},
	}
	filled := 0
	for name, p := range packs(t) {
		e := p.evidence(t)
		for _, s := range g.Slots(e, p.Language) {
			sentence := sentences[p.Language][s.Name]
			if sentence == "" || e.Facts[0].Critical != nil {
				continue // a critical fact's text needs its urgency, and comes without slots
			}
			text, violations := g.Fill(strings.ReplaceAll(sentence, "{{F.", "{{"+s.Fact+"."), e, p.Language)
			violations = append(violations, g.Review(Draft{Text: text, Tier: p.Tier}, e)...)
			if filled++; len(violations) > 0 {
				t.Errorf("%s %s.%s: %q: %v", name, s.Fact, s.Name, text, violations)
			}
		}
	}
	if filled < 40 {
		t.Errorf("%d sentences only", filled)
	}
}
