package labs_test

import (
	"testing"

	"careline/bot"
)

func TestAPrintedUnitIsReadAsItsAnalytesOrNotUsed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		analyte, printed, ucum string
		possible               bool
	}{
		{"WBC", "10^9/L", "10*9/L", true}, {"WBC", "×10⁹/L", "10*9/L", true}, {"WBC", "10*9/L", "10*9/L", true}, {"WBC", "G/L", "10*9/L", true}, {"WBC", "x10(9)/L", "10*9/L", true},
		{"HGB", "g/l", "g/L", true}, {"HGB", "gm/dl", "g/dL", true},
		{"CREA", "umol/l", "umol/L", true}, {"CREA", "μmol/L", "umol/L", true}, {"CREA", "µmol/L", "umol/L", true}, {"CREA", "mg/dL", "mg/dL", true},
		{"K", "mmol／L", "mmol/L", true}, {"K", "ｍｍｏｌ/L", "mmol/L", true},
		{"ALT", "U/L", "U/L", true}, {"ALT", "IU/L", "U/L", true}, {"ALT", "", "", true}, {"ALT", "  ", "", true},
		{"TSH", "uIU/mL", "u[IU]/mL", true}, {"TSH", "mIU/L", "m[IU]/L", true},
		{"ALT", "mmol/L", "mmol/L", false}, {"K", "g/L", "g/L", false}, {"K", "furlong", "", false},
	}
	c := catalogue(t)
	for _, x := range cases {
		a, ok := c.Analyte(bot.AnalyteID(x.analyte))
		if !ok {
			t.Fatalf("no analyte %s", x.analyte)
		}
		if ucum, possible := c.Unit(a, x.printed); ucum != x.ucum || possible != x.possible {
			t.Errorf("%q of %s is %q, %v", x.printed, x.analyte, ucum, possible)
		}
	}
}
