package prompts_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/prompts"
)

var languages = []bot.Language{bot.Chinese, bot.English}

var loadGuard = sync.OnceValues(guard.Load)

func decimal(printed, unit string) bot.Value {
	return bot.Value{Printed: printed, Number: bot.MustDecimal(printed), Unit: unit}
}

func limits(low, high string) bot.Interval {
	return bot.Interval{Printed: low + "-" + high, Low: bot.MustDecimal(low), High: bot.MustDecimal(high)}
}

// alt is an invented ALT, twice above its range. Ids and laboratory are there to
// be left out.
func alt(name string) bot.Fact {
	return bot.Fact{
		Kind: bot.FactResult, Result: 424242, Report: 535353, Laboratory: "某某检验中心", Method: "速率法", Analyte: "ALT", Name: name, Specimen: bot.SpecimenBlood,
		Value: decimal("87", "U/L"), Interval: limits("7", "40"), Flag: "↑", Direction: bot.DirectionHigh, Date: "2026-11-02", Status: bot.StatusFinal, Judged: true,
		Previous: []bot.Point{{Result: 424241, Value: decimal("55", "U/L"), Direction: bot.DirectionHigh, Date: "2026-05-12", Same: true, Move: bot.MoveBeyond}},
	}
}

func within(name, value, low, high, unit string) bot.Fact {
	return bot.Fact{
		Kind: bot.FactResult, Name: name, Specimen: bot.SpecimenBlood, Value: decimal(value, unit), Interval: limits(low, high),
		Direction: bot.DirectionWithin, Date: "2026-11-02", Status: bot.StatusFinal, Judged: true,
	}
}

func altPassages() []bot.Passage {
	return []bot.Passage{
		{Document: "alt", Title: "谷丙转氨酶（ALT）", Heading: "它是什么", Text: "ALT 平时待在肝细胞里，肝细胞受了刺激，就会漏一些到血里。"},
		{Document: "alt", Title: "谷丙转氨酶（ALT）", Heading: "偏高常见的原因", Text: "常见的原因有脂肪肝、喝酒、熬夜。\n\n- 少见的是病毒性肝炎"},
	}
}

// asked is an Explain with its evidence numbered and its slots from the guard.
func asked(t testing.TB, x prompts.Explain, question string, facts ...bot.Fact) prompts.Explain {
	t.Helper()
	g, err := loadGuard()
	if err != nil {
		t.Fatal(err)
	}
	if x.Language == "" {
		x.Language = bot.Chinese
	}
	x.Question, x.Limit = append(slices.Clone(x.Question), bot.T(question)), 1900
	x.Evidence.Now = time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)
	for i, f := range facts {
		f.ID = fmt.Sprintf("F%d", i+1)
		x.Evidence.Facts = append(x.Evidence.Facts, f)
	}
	for i := range x.Evidence.Passages {
		x.Evidence.Passages[i].ID = fmt.Sprintf("K%d", i+1)
	}
	for _, s := range g.Slots(x.Evidence, x.Language) {
		x.Slots = append(x.Slots, prompts.Slot(s))
	}
	return x
}

func person(relation bot.Relation, sex bot.Sex, age int) *bot.PatientContext {
	return &bot.PatientContext{Relation: relation, Sex: sex, Age: age}
}

// cases are what people ask, as the engine would hand it over.
func cases(t testing.TB) map[string]prompts.Explain {
	t.Helper()
	week := "不是需要连夜去医院的那种，但值得在一两周内看医生、找找原因。"
	child := within("碱性磷酸酶（ALP）", "280", "45", "125", "U/L")
	child.Direction, child.Judged, child.Flag = bot.DirectionHigh, false, "↑"
	pregnant := within("血红蛋白（HGB）", "108", "115", "150", "g/L")
	pregnant.Direction, pregnant.Judged = bot.DirectionLow, false
	expecting := person(bot.RelationSpouse, bot.SexFemale, 30)
	expecting.Pregnant = true
	stated := bot.Fact{Kind: bot.FactStated, Name: "尿酸（UA）", Value: decimal("520", ""), Direction: bot.DirectionUnknown, Status: bot.StatusFinal, Judged: true}
	unfinished := within("白细胞（WBC）", "6.1", "3.5", "9.5", "10^9/L")
	unfinished.Status = bot.StatusPreliminary
	elsewhere := within("肌酐（CREA）", "70", "57", "111", "μmol/L")
	elsewhere.Previous = []bot.Point{{Value: decimal("0.8", "mg/dL"), Date: "2026-01-09", Changed: []bot.Ground{bot.GroundUnit}}}
	steady := within("谷氨酰转肽酶（GGT）", "72", "10", "60", "U/L")
	steady.Direction, steady.Previous = bot.DirectionHigh, []bot.Point{{Value: decimal("70", "U/L"), Date: "2025-10-09", Same: true, Move: bot.MoveWithin}}
	evidence := func(p *bot.PatientContext, passages []bot.Passage) bot.Evidence {
		return bot.Evidence{Patient: p, Passages: passages}
	}
	self := person(bot.RelationSelf, bot.SexMale, 45)
	return map[string]prompts.Explain{
		"one-abnormal": asked(t, prompts.Explain{Evidence: evidence(self, altPassages()), Tier: bot.TierThisWeek, Action: week}, "转氨酶这么高要紧吗", alt("谷丙转氨酶（ALT）")),
		"several": asked(t, prompts.Explain{Evidence: evidence(person(bot.RelationParent, bot.SexFemale, 67), altPassages()), Tier: bot.TierThisWeek, Action: week, Marks: true, Held: true},
			"帮我看看我妈的报告", elsewhere, unfinished, steady, alt("谷丙转氨酶（ALT）")),
		"child":    asked(t, prompts.Explain{Evidence: evidence(person(bot.RelationChild, bot.SexMale, 6), nil), Tier: bot.TierRoutine, Action: "复查或下次看医生时带上报告问一问就好。"}, "孩子这个箭头是什么意思", child),
		"pregnant": asked(t, prompts.Explain{Evidence: evidence(expecting, nil), Tier: bot.TierRoutine, Level: bot.LevelReview}, "我爱人怀孕了，血红蛋白低吗，要不要吃铁", pregnant),
		"stated":   asked(t, prompts.Explain{Tier: bot.TierRoutine}, "我在外院查的尿酸520，要紧吗", stated),
		"knowledge": asked(t, prompts.Explain{Evidence: evidence(person(bot.RelationSelf, bot.SexUnknown, -1), altPassages()), Missing: []string{"乙肝表面抗原"}},
			"乙肝表面抗原是查什么的"),
		"follow-up": asked(t, prompts.Explain{
			Evidence: evidence(self, altPassages()), Tier: bot.TierThisWeek, Action: week,
			Question: []bot.Text{bot.T("哦")},
			Recent: []bot.Message{
				{Author: bot.AuthorPatient, Text: bot.T("转氨酶这么高要紧吗")},
				{Author: bot.AuthorAssistant, Text: bot.T("看到箭头，心里不踏实很正常。不是需要连夜去医院的那种高。")},
			},
		}, "那我能喝酒吗", alt("谷丙转氨酶（ALT）")),
		"english": asked(t, prompts.Explain{
			Language: bot.English, Tier: bot.TierThisWeek, Action: "It is worth seeing a doctor within a week or two to look for the reason.",
			Evidence: evidence(person(bot.RelationParent, bot.SexMale, 70), []bot.Passage{{Title: "ALT", Heading: "What it is", Text: "ALT sits in liver cells and leaks when they are irritated.", Language: bot.English}}),
		}, "is my dad's ALT serious?", alt("Alanine aminotransferase (ALT)")),
	}
}
