package labs

import (
	"testing"

	"careline/bot"
)

func TestTheStandardValueIsInTheAnalytesFirstUnit(t *testing.T) {
	t.Parallel()
	c, err := LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		analyte           bot.AnalyteID
		value, from, want string
	}{
		{"HGB", "6.1", "g/dL", "61.000000"}, {"HGB", "61000", "mg/L", "61.000000"}, {"K", "0.71", "mmol/dL", "7.100000"}, {"K", "7.1", "mmol/L", "7.1"}, {"GLU", "4.5", "g/L", "24.978353"},
		{"CTNI", "0.4", "ng/L", "0.000400000"}, {"CTNI", "3", "pg/L", "0.00000300000"}, {"K", "7.1", "g/L", ""}, {"UREA", "40", "mg/dL", ""}, {"DD", "0.5", "mg/L", ""}, {"K", "7.1", "", ""},
	}
	for _, x := range cases {
		a, ok := c.Analyte(x.analyte)
		if !ok {
			t.Fatalf("no analyte %s", x.analyte)
		}
		got := c.standard(a, bot.Value{Number: bot.MustDecimal(x.value), Comparator: ">", UCUM: x.from})
		if got.Number.String() != x.want || x.want != "" && (got.UCUM != a.Units[0].UCUM || got.Comparator != ">") {
			t.Errorf("%s %s %s is %s %s, want %s", x.analyte, x.value, x.from, got.Number, got.UCUM, x.want)
		}
	}
}

func TestAnAffineConversionGoesBothWays(t *testing.T) {
	t.Parallel()
	c, err := LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	hba1c := Analyte{ID: "HBA1C", Units: []Unit{{UCUM: "%"}, {UCUM: "mmol/mol", ToFirst: "0.09148", Plus: "2.152"}}}
	for _, x := range []struct{ value, from, to, want string }{{"48", "mmol/mol", "%", "6.54"}, {"6.5", "%", "mmol/mol", "47.5"}, {"0.048", "mol/mol", "%", "6.54"}} {
		got, err := c.Convert(hba1c, bot.Value{Number: bot.MustDecimal(x.value), UCUM: x.from}, x.to)
		if err != nil || got.Number.String() != x.want {
			t.Errorf("%s %s is %s %s, want %s: %v", x.value, x.from, got.Number, x.to, x.want, err)
		}
	}
}
