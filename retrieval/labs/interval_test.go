package labs_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"careline/bot"
	"careline/retrieval/labs"
)

func TestIntervalsAndDirections(t *testing.T) {
	t.Parallel()
	cases := []struct {
		interval, value, comparator string
		want                        bot.Direction
	}{
		{"3.5-9.5", "9.5", "", bot.DirectionWithin}, {"3.5-9.5", "9.6", "", bot.DirectionHigh}, {"3.5-9.5", "3.4", "", bot.DirectionLow},
		{"1.003 ~ 1.03", "1.02", "", bot.DirectionWithin}, {"<5.2", "5.2", "", bot.DirectionHigh}, {"≤5.2", "5.2", "", bot.DirectionWithin},
		{">300", "300", "", bot.DirectionLow}, {"≥60", "60", "", bot.DirectionWithin}, {"0～6.8 μmol/L", "7", "", bot.DirectionHigh},
		{"阴性", "5", "", bot.DirectionUnknown}, {"3-10", "5", "<", bot.DirectionUnknown}, {"3-10", "3", "<", bot.DirectionLow}, {"3-10", "10", ">", bot.DirectionHigh},
		{"<0.5", "0.1", "<", bot.DirectionWithin}, {"10-3", "5", "", bot.DirectionUnknown},
		{"<0.5", "0.5", "<", bot.DirectionWithin}, {"<0.5", "0.5", "<=", bot.DirectionUnknown}, {">90", "90", ">", bot.DirectionWithin}, {"0-5", "0.5", "<", bot.DirectionWithin},
		{"0-5", "8", "<", bot.DirectionUnknown}, {"3-10", "3", "<=", bot.DirectionUnknown}, {"3-10", "10", ">=", bot.DirectionUnknown}, {"130-175(男) 115-150(女)", "120", "", bot.DirectionUnknown},
		{"-2.5-2.5", "0", "", bot.DirectionWithin},
	}
	for _, c := range cases {
		v := bot.Value{Number: bot.MustDecimal(c.value), Comparator: c.comparator}
		if got := labs.Direction(v, labs.ParseInterval(c.interval)); got != c.want {
			t.Errorf("%s%s against %s: %s, want %s", c.comparator, c.value, c.interval, got, c.want)
		}
	}
}

func TestAnIntervalOfTwoNumbersComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		low, high := rapid.IntRange(0, 1000).Draw(t, "low"), rapid.IntRange(0, 1000).Draw(t, "more")
		separator := rapid.SampledFrom([]string{"-", "--", "~", "～", " - ", "—", "–", "至"}).Draw(t, "separator")
		i := labs.ParseInterval(fmt.Sprintf("%d%s%d", low, separator, low+high))
		if i.Low.String() != fmt.Sprint(low) || i.High.String() != fmt.Sprint(low+high) {
			t.Fatalf("%q became %s, %s", i.Printed, i.Low, i.High)
		}
	})
}

func TestAnIntervalStaysAsPrintedAndIsUsedOnlyWhereItSaysOneThing(t *testing.T) {
	t.Parallel()
	cases := []struct {
		printed, low, high string
		lowOpen, highOpen  bool
	}{
		{"3.5-9.5", "3.5", "9.5", false, false},
		{"3.5--5.3", "3.5", "5.3", false, false},
		{"7—40", "7", "40", false, false},
		{"0～6.8", "0", "6.8", false, false},
		{"３.５－５.３", "3.5", "5.3", false, false},
		{"(3.5-5.3)", "3.5", "5.3", false, false},
		{"125-350 ×10⁹/L", "125", "350", false, false},
		{"3.5-9.5 10^9/L", "3.5", "9.5", false, false},
		{"90-120 mL/min/1.73m2", "90", "120", false, false},
		{"80-100fL", "80", "100", false, false},
		{"0-3 个/HP", "0", "3", false, false},
		{"<5.2 mmol/L", "", "5.2", false, true},
		{"≦5.2", "", "5.2", false, false},
		{">300", "300", "", true, false},
		{"-3~+3", "-3", "+3", false, false},
		{"40-60 (%)", "40", "60", false, false},
		{"0-30mg/24h", "0", "30", false, false},

		{"阴性", "", "", false, false},
		{"男:130-175 女:115-150", "", "", false, false},
		{"130-175(男) 115-150(女)", "", "", false, false},
		{"130-175(M)", "", "", false, false},
		{"10-20 (新生儿)", "", "", false, false},
		{"<5.2 或 >10", "", "", false, false},
		{"<1.0 (阴性)", "", "", false, false},
		{"1-3-5", "", "", false, false},
		{"130-175 115/150", "", "", false, false},
		{"7-40/50", "", "", false, false},
		{"7-40.1.5%", "", "", false, false},
		{"-2.5--1.0", "", "", false, false},
		{"9.5-3.5", "", "", false, false},
		{"1,000-2,000", "", "", false, false},
		{"", "", "", false, false},
	}
	for _, c := range cases {
		i := labs.ParseInterval(c.printed)
		if i.Printed != c.printed || i.Low.String() != c.low || i.High.String() != c.high || i.LowOpen != c.lowOpen || i.HighOpen != c.highOpen {
			t.Errorf("%q became %q, %q, %v, %v", c.printed, i.Low, i.High, i.LowOpen, i.HighOpen)
		}
	}
}

// A value with a comparator stands for many numbers: its direction is said only
// where each of them has it.
func TestADirectionIsThatOfEveryNumberAComparatorAllows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20)
		i := labs.ParseInterval(fmt.Sprintf("%d-%d", n.Draw(t, "low"), 20+n.Draw(t, "high")))
		if rapid.Bool().Draw(t, "one bound") {
			i = labs.ParseInterval(fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"<", "≤", ">", "≥"}).Draw(t, "bound"), n.Draw(t, "bound's number")))
		}
		v := bot.Value{Number: bot.MustDecimal(fmt.Sprint(n.Draw(t, "value"))), Comparator: rapid.SampledFrom([]string{"<", "<=", ">", ">="}).Draw(t, "comparator")}
		said := labs.Direction(v, i)
		if said == bot.DirectionUnknown {
			return
		}
		for tenth := range 500 {
			x := bot.Value{Number: bot.MustDecimal(fmt.Sprintf("%d.%d", tenth/10, tenth%10))}
			cmp := x.Number.Cmp(v.Number)
			allowed := map[string]bool{"<": cmp < 0, "<=": cmp <= 0, ">": cmp > 0, ">=": cmp >= 0}[v.Comparator]
			if got := labs.Direction(x, i); allowed && got != said {
				t.Fatalf("%s%s against %s is %s; %s is %s", v.Comparator, v.Number, i.Printed, said, x.Number, got)
			}
		}
	})
}

func TestReadingAnIntervalNeverFails(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		printed := rapid.OneOf(rapid.String(), rapid.StringMatching(`[<>≤≥(]?-?[0-9]{1,3}(\.[0-9])?[-~—至]{0,2}-?[0-9]{0,3}.{0,6}`)).Draw(t, "printed")
		i := labs.ParseInterval(printed)
		if i.Low.Valid() && i.High.Valid() && i.Low.Cmp(i.High) > 0 {
			t.Fatalf("%q has its bounds crossed", printed)
		}
		v, _ := labs.ParseValue(rapid.String().Draw(t, "value"), "")
		labs.Direction(v, i)
	})
}
