package guard

import (
	"strings"
	"testing"
	"testing/fstest"

	"careline/bot"
)

// fact is an item with a value, its printed range and its UCUM unit.
func tierFact(id bot.AnalyteID, printed, unit, low, high string, d bot.Direction) bot.Fact {
	f := bot.Fact{Analyte: id, Value: value(printed, unit, unit), Direction: d, Judged: true, Status: bot.StatusFinal}
	if low != "" {
		f.Interval.Low = bot.MustDecimal(low)
	}
	if high != "" {
		f.Interval.High = bot.MustDecimal(high)
	}
	return f
}

func TestAValueCallsForTheActionOfItsRules(t *testing.T) {
	t.Parallel()
	alt := func(v string) bot.Fact { return tierFact("ALT", v, "U/L", "7", "40", bot.DirectionHigh) }
	before := func(f bot.Fact, d bot.Direction, same bool) bot.Fact {
		f.Previous = []bot.Point{{Direction: d, Same: same}}
		return f
	}
	bilirubin := tierFact("TBIL", "30", "umol/L", "3", "21", bot.DirectionHigh)
	unjudged := alt("900")
	unjudged.Judged = false
	critical := alt("50")
	critical.Critical = &bot.Critical{Action: bot.TierNow}
	cases := []struct {
		name string
		fact bot.Fact
		all  []bot.Fact
		want bot.Tier
	}{
		{"a little high", alt("50"), nil, bot.TierRoutine},
		{"five times the limit", alt("200"), nil, bot.TierThisWeek},
		{"just below five times", alt("199"), nil, bot.TierRoutine},
		{"ten times the limit", alt("400"), nil, bot.TierToday},
		{"high twice", before(alt("50"), bot.DirectionHigh, true), nil, bot.TierThisWeek},
		{"high before, not comparable", before(alt("50"), bot.DirectionHigh, false), nil, bot.TierRoutine},
		{"low before", before(alt("50"), bot.DirectionLow, true), nil, bot.TierRoutine},
		{"with a high bilirubin", alt("120"), []bot.Fact{bilirubin}, bot.TierThisWeek},
		{"within", tierFact("ALT", "30", "U/L", "7", "40", bot.DirectionWithin), nil, bot.TierHome},
		{"no interval", tierFact("ALT", "900", "U/L", "", "", bot.DirectionUnknown), nil, bot.TierRoutine},
		{"not to be judged", unjudged, nil, bot.TierRoutine},
		{"critical", critical, nil, bot.TierNow},
		{"an item without rules", tierFact("ZZZ", "9", "g/L", "1", "2", bot.DirectionHigh), nil, bot.TierRoutine},
		{"an item without rules, within", tierFact("ZZZ", "1.5", "g/L", "1", "2", bot.DirectionWithin), nil, bot.TierHome},
		{"a threshold in its unit", tierFact("GLU", "17", "mmol/L", "3.9", "6.1", bot.DirectionHigh), nil, bot.TierToday},
		{"a threshold in another unit", tierFact("GLU", "110", "mg/dL", "70", "100", bot.DirectionHigh), nil, bot.TierRoutine},
		{"more than a detectable", tierFact("GLU", ">20", "mmol/L", "3.9", "6.1", bot.DirectionHigh), nil, bot.TierToday},
		{"after a meal, by a threshold of its own", tierFact("GLU2H", "12.3", "mmol/L", "", "7.8", bot.DirectionHigh), nil, bot.TierThisWeek},
		{"after a meal, below it", tierFact("GLU2H", "8.5", "mmol/L", "", "7.8", bot.DirectionHigh), nil, bot.TierRoutine},
		{"after a meal, without an interval", tierFact("GLU2H", "12.3", "mmol/L", "", "", bot.DirectionUnknown), nil, bot.TierRoutine},
		{"the finer CRP", tierFact("HSCRP", "120", "mg/L", "0", "3", bot.DirectionHigh), nil, bot.TierToday},
		{"low", tierFact("GLU", "2.9", "mmol/L", "3.9", "6.1", bot.DirectionLow), nil, bot.TierToday},
	}
	g := reviewer(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := append([]bot.Fact{c.fact}, c.all...)
			if got := g.TierOf(c.fact, all, nil); got.Tier != c.want || got.Analyte != c.fact.Analyte {
				t.Errorf("%s for %s, want %s", got.Tier, got.Analyte, c.want)
			}
		})
	}
}

func TestAnAnswerCallsForTheMostUrgentAction(t *testing.T) {
	t.Parallel()
	g := reviewer(t)
	if got := g.Tier(nil, nil); got.Tier != bot.TierHome {
		t.Errorf("no facts: %s", got.Tier)
	}
	facts := []bot.Fact{
		tierFact("AST", "30", "U/L", "13", "35", bot.DirectionWithin),
		tierFact("ALT", "500", "U/L", "7", "40", bot.DirectionHigh),
		tierFact("GGT", "70", "U/L", "10", "60", bot.DirectionHigh),
	}
	got := g.Tier(facts, nil)
	if got.Tier != bot.TierToday || got.Analyte != "ALT" || got.Source.Title == "" {
		t.Errorf("%+v", got)
	}
}

func TestOfTwoRulesThatMatchTheMoreUrgentCounts(t *testing.T) {
	t.Parallel()
	rules, err := readTiers(fstest.MapFS{"data/tiers/X.yaml": {Data: []byte(`
analyte: X
approved_by: none
rules:
  - {when: {direction: high}, tier: routine, source: {title: T, publisher: P, year: 2020}}
  - {when: {direction: high, pregnant: true}, tier: today, source: {title: T, publisher: P, year: 2020}}
  - {when: {direction: high, min_age: 80, max_age: 90, sex: female}, tier: this_week, source: {title: T, publisher: P, year: 2020}}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	g := Guard{tiers: rules}
	f := tierFact("X", "3", "g/L", "1", "2", bot.DirectionHigh)
	people := map[*bot.PatientContext]bot.Tier{
		nil:                            bot.TierRoutine,
		{Pregnant: true, Age: 30}:      bot.TierToday,
		{Age: 85, Sex: bot.SexFemale}:  bot.TierThisWeek,
		{Age: 85, Sex: bot.SexMale}:    bot.TierRoutine,
		{Age: -1, Sex: bot.SexUnknown}: bot.TierRoutine,
	}
	for p, want := range people {
		if got := g.TierOf(f, []bot.Fact{f}, p); got.Tier != want {
			t.Errorf("%+v: %s, want %s", p, got.Tier, want)
		}
	}
}

func TestATierFileThatSaysMoreOrLessIsRefused(t *testing.T) {
	t.Parallel()
	const source = `source: {title: T, publisher: P, year: 2020}`
	bad := map[string]string{
		"an unknown field":     `rules: [{when: {direction: high, color: red}, tier: today, ` + source + `}]`,
		"an unknown tier":      `rules: [{when: {direction: high}, tier: soon, ` + source + `}]`,
		"no tier":              `rules: [{when: {direction: high}, ` + source + `}]`,
		"no source":            `rules: [{when: {direction: high}, tier: today}]`,
		"half a source":        `rules: [{when: {direction: high}, tier: today, source: {title: T}}]`,
		"an unknown direction": `rules: [{when: {direction: up}, tier: today, ` + source + `}]`,
		"a value without unit": `rules: [{when: {direction: high, at_least: 3}, tier: today, ` + source + `}]`,
		"no rules":             `rules: []`,
		"a nameless companion": `rules: [{when: {direction: high, with: [{direction: high}]}, tier: today, ` + source + `}]`,
	}
	for name, rules := range bad {
		file := "analyte: X\napproved_by: none\n" + rules + "\n"
		if _, err := readTiers(fstest.MapFS{"data/tiers/X.yaml": {Data: []byte(file)}}); err == nil || !strings.Contains(err.Error(), "X.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := []byte("analyte: X\napproved_by: none\nrules: [{when: {direction: high}, tier: today, " + source + "}]\n")
	if _, err := readTiers(fstest.MapFS{"data/tiers/X.yaml": {Data: twice}, "data/tiers/Y.yaml": {Data: twice}}); err == nil {
		t.Error("two files for one analyte")
	}
}
