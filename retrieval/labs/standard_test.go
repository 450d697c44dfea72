package labs_test

import (
	"testing"

	"careline/bot"
)

func TestAValueInAnotherUnitCanBeComparedInTheUsualOne(t *testing.T) {
	t.Parallel()
	cases := []struct{ row, analyte, number, ucum string }{
		{"葡萄糖,450,mg/dL,70-110,↑", "GLU", "24.978353", "mmol/L"},
		{"血红蛋白,6.1,g/dL,11.5-15,↓", "HGB", "61.000000", "g/L"},
		{"钾,7.1,mmol/L,3.5-5.3,↑", "K", "7.1", "mmol/L"},
		{"钾,7.1,meq/L,3.5-5.3,↑", "K", "7.100000", "mmol/L"},
		{"尿素,40,mg/dL,7-20,↑", "UREA", "", ""}, // urea nitrogen or urea: the unit does not say
		{"钾,7.1,g/L,3.5-5.3,↑", "K", "", ""},
	}
	for _, c := range cases {
		finder, _, patient := results(t, who+"R-1,2026-11-20 09:00,"+c.row)
		known, err := finder.Known(t.Context(), hospital, patient, bot.Chinese, now)
		if err != nil || len(known.Facts) != 1 {
			t.Fatal(known, err)
		}
		f := known.Facts[0]
		if string(f.Analyte) != c.analyte || f.Standard.Number.String() != c.number || f.Standard.UCUM != c.ucum {
			t.Errorf("%s: %s %s %s", c.row, f.Analyte, f.Standard.Number, f.Standard.UCUM)
		}
	}
}
