package labs_test

import (
	"strings"
	"testing"

	"careline/bot"
)

// TestTheCataloguesIntervalIsForValuesInItsUnitOnly: haemoglobin 13.2 without a
// unit is of g/dL, and is not low for the adult interval in g/L.
func TestTheCataloguesIntervalIsForValuesInItsUnitOnly(t *testing.T) {
	t.Parallel()
	finder, _, patient := results(t,
		who+"R-1,2026-11-20 09:00,血红蛋白,13.2,,,",
		who+"R-1,2026-11-20 09:00,血小板,210,10^9/L,,",
		who+"R-1,2026-11-20 09:00,平均红细胞体积,90,fL,阴性,",
	)
	found, err := finder.Find(t.Context(), hospital, patient, "帮我看看报告", bot.Chinese, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found.Facts {
		general := f.Analyte == "PLT"
		if (f.IntervalSource != "") != general || general != (f.Direction == bot.DirectionWithin) {
			t.Errorf("%s %s %s is %s by %q", f.Analyte, f.Value.Shown(), f.Value.Unit, f.Direction, f.IntervalSource)
		}
	}
}

// TestAFallIsMeasuredAsTheRiseBackIs: CRP from 50 to 8 is no usual movement though
// it is less than the 91 % by which it may rise.
func TestAFallIsMeasuredAsTheRiseBackIs(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]bot.Move{"50,8": bot.MoveBeyond, "8,50": bot.MoveBeyond, "8,7": bot.MoveWithin, "8,0": bot.MoveUnknown} {
		before, after, _ := strings.Cut(values, ",")
		finder, _, patient := results(t, who+"R-1,2026-11-18 09:00,C反应蛋白,"+before+",mg/L,0-10,", who+"R-2,2026-11-20 09:00,C反应蛋白,"+after+",mg/L,0-10,")
		found, err := finder.Find(t.Context(), hospital, patient, "CRP", bot.Chinese, now)
		if err != nil || len(found.Facts) != 1 || len(found.Facts[0].Previous) != 1 {
			t.Fatal(found.Facts, err)
		}
		if got := found.Facts[0].Previous[0].Move; got != want {
			t.Errorf("%s is %q", values, got)
		}
	}
}

// TestACodeOrANameSaysWhatAPlainUnitIsOf: mg/dL of urea is converted only where it
// is known to be of the nitrogen, mg/L of D-dimer where it is known to be in FEU.
func TestACodeOrANameSaysWhatAPlainUnitIsOf(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for _, x := range []struct{ name, code, unit, ucum, standard string }{
		{"尿素", "3094-0", "mg/dL", "mg{urea_N}/dL", "7.1"},
		{"BUN", "", "mg/dL", "mg{urea_N}/dL", "7.1"},
		{"尿素氮(BUN)", "", "mg/dL", "mg{urea_N}/dL", "7.1"},
		{"尿素", "", "mg/dL", "mg/dL", ""},
		{"BUN", "3091-6", "mg/dL", "mg/dL", ""},
		{"尿素氮", "", "mmol/L", "mmol/L", "20"},
		{"D-二聚体", "48065-7", "ng/mL", "ng{FEU}/mL", "0.020"},
		{"D-二聚体", "48066-5", "ng/mL", "ng{DDU}/mL", ""},
		{"D-二聚体", "", "ng/mL", "ng/mL", ""},
	} {
		r := c.Complete(bot.Result{Name: x.name, Code: x.code, Value: value("20", x.unit)}, bot.Patient{}, "")
		a, _ := c.Analyte(r.Analyte)
		standard := ""
		if v, err := c.Convert(a, r.Value, a.Units[0].UCUM); err == nil {
			standard = v.Number.String()
		}
		if r.Value.UCUM != x.ucum || r.UnitProblem || standard != x.standard {
			t.Errorf("20 %s of %s (%s) is in %s, %q in the first unit", x.unit, x.name, x.code, r.Value.UCUM, standard)
		}
	}
}
