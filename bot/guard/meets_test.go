package guard

import (
	"testing"
	"time"

	"careline/bot"
)

func criticalTable() []bot.Critical {
	d := bot.MustDecimal
	line := func(a bot.AnalyteID, side bot.Direction, bound, ucum string) bot.Critical {
		c := bot.Critical{Analyte: a, Specimen: bot.SpecimenBlood, UCUM: ucum, Action: bot.TierNow, ValidHours: 72, Side: side}
		if side == bot.DirectionLow {
			c.Low = d(bound)
		} else {
			c.High = d(bound)
		}
		return c
	}
	return []bot.Critical{
		line("K", bot.DirectionHigh, "6.2", "mmol/L"), line("K", bot.DirectionLow, "2.8", "mmol/L"),
		{Analyte: "NA", Specimen: bot.SpecimenBlood, UCUM: "mmol/L", Low: d("120"), High: d("160"), Action: bot.TierNow, ValidHours: 72},
		line("PLT", bot.DirectionLow, "20", "10*9/L"),
	}
}

func TestAValueInAnotherUnitIsComparedInTheCataloguesUnit(t *testing.T) {
	t.Parallel()
	f := bot.Fact{
		Kind: bot.FactResult, Analyte: "K", Specimen: bot.SpecimenBlood, Status: bot.StatusFinal, At: testNow.Add(-time.Hour),
		Value:    bot.Value{Number: bot.MustDecimal("7100"), Unit: "umol/L", UCUM: "umol/L"},
		Standard: bot.Value{Number: bot.MustDecimal("7.1"), UCUM: "mmol/L"},
	}
	if Meets(f, criticalTable(), testNow) == nil {
		t.Error("a critical value in another unit met nothing")
	}
	f.Standard = bot.Value{}
	if Meets(f, criticalTable(), testNow) != nil {
		t.Error("a value was compared although no factor led to the table's unit")
	}
	f.Value, f.Cleared = bot.Value{Number: bot.MustDecimal("7.1"), UCUM: "mmol/L"}, true
	if Meets(f, criticalTable(), testNow) != nil {
		t.Error("a result that staff dealt with is critical again")
	}
}

func TestWhichFactsAreCritical(t *testing.T) {
	t.Parallel()
	base := func() bot.Fact {
		return bot.Fact{
			Kind: bot.FactResult, Analyte: "K", Specimen: bot.SpecimenBlood, Status: bot.StatusFinal, At: testNow.Add(-time.Hour),
			Value: bot.Value{Number: bot.MustDecimal("7.1"), Unit: "mmol/L", UCUM: "mmol/L"},
		}
	}
	number := func(s string) func(*bot.Fact) {
		return func(f *bot.Fact) { f.Value.Number = bot.MustDecimal(s) }
	}
	compared := func(comparator, s string) func(*bot.Fact) {
		return func(f *bot.Fact) { f.Value.Comparator, f.Value.Number = comparator, bot.MustDecimal(s) }
	}
	stated := func(f *bot.Fact) {
		*f = bot.Fact{Kind: bot.FactStated, Analyte: "K", Value: bot.Value{Number: bot.MustDecimal("7.1")}}
	}
	cases := map[string]struct {
		change func(*bot.Fact)
		side   bot.Direction
	}{
		"far above":                        {func(*bot.Fact) {}, bot.DirectionHigh},
		"at the bound":                     {number("6.2"), bot.DirectionHigh},
		"just below the bound":             {number("6.19"), ""},
		"low":                              {number("2.8"), bot.DirectionLow},
		"a line with both sides, low":      {func(f *bot.Fact) { f.Analyte = "NA"; number("118")(f) }, bot.DirectionLow},
		"a line with both sides, high":     {func(f *bot.Fact) { f.Analyte = "NA"; number("160")(f) }, bot.DirectionHigh},
		"no line for it":                   {func(f *bot.Fact) { f.Analyte = "ALT" }, ""},
		"> 6.5 is at least 6.5":            {compared(">", "6.5"), bot.DirectionHigh},
		"> 2.0 says nothing about low":     {compared(">", "2.0"), ""},
		"< 2.0 is low":                     {compared("<", "2.0"), bot.DirectionLow},
		"< 9 says nothing about high":      {compared("<", "9"), ""},
		"an unknown comparator":            {compared("~", "9"), ""},
		"another specimen":                 {func(f *bot.Fact) { f.Specimen = bot.SpecimenUrine }, ""},
		"another unit is never converted":  {func(f *bot.Fact) { f.Value.UCUM = "mg/dL" }, ""},
		"a result without a unit":          {func(f *bot.Fact) { f.Value.UCUM, f.Value.Unit = "", "" }, ""},
		"preliminary":                      {func(f *bot.Fact) { f.Status = bot.StatusPreliminary }, ""},
		"corrected":                        {func(f *bot.Fact) { f.Status = bot.StatusCorrected }, bot.DirectionHigh},
		"older than the line's hours":      {func(f *bot.Fact) { f.At = testNow.Add(-73 * time.Hour) }, ""},
		"a result without a time":          {func(f *bot.Fact) { f.At = time.Time{} }, ""},
		"stated without specimen and unit": {stated, bot.DirectionHigh},
		"stated in a unit we do not know":  {func(f *bot.Fact) { stated(f); f.Value.Unit = "units" }, ""},
		"stated in another unit":           {func(f *bot.Fact) { stated(f); f.Value.UCUM = "mg/dL" }, ""},
		"stated of urine":                  {func(f *bot.Fact) { stated(f); f.Specimen = bot.SpecimenUrine }, ""},
		"no number":                        {func(f *bot.Fact) { f.Value = bot.Value{Printed: "+++"} }, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := base()
			c.change(&f)
			table := criticalTable()
			got := Meets(f, table, testNow)
			if (got != nil) != (c.side != "") || got != nil && got.Side != c.side {
				t.Errorf("meets %+v, want side %q", got, c.side)
			}
			if got != nil {
				got.Side = "changed"
				if table[0].Side != bot.DirectionHigh || table[2].Side != "" {
					t.Error("the table itself was changed")
				}
			}
		})
	}
}
