package labs_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"careline/bot"
	"careline/retrieval/labs"
	"careline/retrieval/labs/ucum"
)

func TestAValueIsConvertedWithTheDigitsItWasPrintedWith(t *testing.T) {
	t.Parallel()
	cases := []struct{ analyte, value, from, to, want string }{
		{"HGB", "13.5", "g/dL", "g/L", "135"}, {"HGB", "135", "g/L", "g/dL", "13.5"}, {"HGB", "13.0", "g/dL", "g/L", "130"}, {"WBC", "5.60", "10*9/L", "10*3/uL", "5.60"}, {"WBC", "5600", "/uL", "10*9/L", "5.600"},
		{"K", "4.1", "mmol/L", "meq/L", "4.1"}, {"K", "0.41", "mmol/dL", "mmol/L", "4.1"}, {"GLU", "450", "mg/dL", "mmol/L", "24.98"}, {"GLU", "4.5", "g/L", "mmol/L", "25.0"},
		{"ALT", "0.50", "ukat/L", "U/L", "30.0"}, {"ALT", "60", "U/L", "ukat/L", "1.00"}, {"HCT", "42.5", "%", "L/L", "0.425"}, {"DD", "0.5", "mg{FEU}/L", "ng{FEU}/mL", "500"}, {"DD", "0.5", "mg/L", "ug/mL", "0.5"},
	}
	for _, x := range cases {
		got, err := catalogue(t).Convert(analyte(t, x.analyte), bot.Value{Number: bot.MustDecimal(x.value), Comparator: "<", UCUM: x.from}, x.to)
		if err != nil || got.Number.String() != x.want || got.Printed != x.want || got.UCUM != x.to || got.Comparator != "<" {
			t.Errorf("%s %s %s is %s %s, want %s %s: %v", x.analyte, x.value, x.from, got.Number, got.UCUM, x.want, x.to, err)
		}
	}
}

func TestNothingIsConvertedAcrossKinds(t *testing.T) {
	t.Parallel()
	cases := []struct{ analyte, from, to string }{
		{"K", "mmol/L", "g/L"}, {"K", "g/L", "mmol/L"}, {"AST", "U/L", "mmol/L"}, {"HGB", "g/L", "mmol/L"}, {"DD", "mg{FEU}/L", "mg/L"}, {"DD", "mg/L", "mg{FEU}/L"}, {"DD", "mg{DDU}/L", "mg{FEU}/L"},
		{"UREA", "mg/dL", "mmol/L"}, {"TSH", "m[IU]/L", "mU/L"}, {"WBC", "10*9/L", "mmol/L"}, {"WBC", "10*9/L", "/[HPF]"}, {"GLU", "mmol/L", "%"}, {"K", "", "mmol/L"}, {"K", "mmol/L", ""}, {"K", "furlong", "mmol/L"},
		{"K", "mg/L", "g/L"}, {"INR", "{INR}", "%"}, {"K", "g/L", "g/L"},
	}
	for _, x := range cases {
		got, err := catalogue(t).Convert(analyte(t, x.analyte), bot.Value{Number: bot.MustDecimal("1"), UCUM: x.from}, x.to)
		if typed, ok := errors.AsType[*labs.UnitError](err); !ok || typed.From != x.from || typed.To != x.to || got != (bot.Value{}) {
			t.Errorf("%s from %s to %s gave %v: %v", x.analyte, x.from, x.to, got.Number, err)
		}
	}
}

// pairs are two units of one analyte, listed or of the kind of a listed one.
type pair struct {
	analyte  labs.Analyte
	from, to string
}

func pairs(c *labs.Catalogue) []pair {
	var all []pair
	for _, a := range c.All() {
		for _, from := range a.Units {
			for _, to := range a.Units {
				if from.UCUM != "" && to.UCUM != "" {
					all = append(all, pair{a, from.UCUM, to.UCUM}, pair{a, "10." + from.UCUM, to.UCUM}, pair{a, from.UCUM, "10*3." + to.UCUM})
				}
			}
		}
	}
	return all
}

func TestConvertingThereAndBackGivesThePrintedValue(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	all, converted := pairs(c), 0
	for _, p := range all {
		for _, digits := range []string{"0.001", "0.50", "7", "99.95", "12345"} {
			if convertsBack(t, c, p, digits) {
				converted++
			}
		}
	}
	if converted < len(all) {
		t.Errorf("%d conversions of %d pairs", converted, len(all))
	}
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[1-9][0-9]{0,4}(\.[0-9]{1,3})?|0\.[0-9]{1,3}`).Draw(t, "value")
		convertsBack(t, c, rapid.SampledFrom(all).Draw(t, "pair"), digits)
	})
}

// convertsBack checks a conversion and its inverse; false where there is none.
func convertsBack(t rapid.TB, c *labs.Catalogue, p pair, digits string) bool {
	t.Helper()
	printed := bot.MustDecimal(digits)
	there, err := c.Convert(p.analyte, bot.Value{Number: printed, UCUM: p.from}, p.to)
	if err != nil {
		return false
	}
	back, err := c.Convert(p.analyte, there, p.from)
	if err != nil {
		t.Fatalf("%s: %s goes to %s and not back: %v", p.analyte.ID, p.from, p.to, err)
	}
	_, behind, _ := strings.Cut(digits, ".")
	half := new(big.Rat).Quo(big.NewRat(1, 2), new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(behind))), nil)))
	if off := new(big.Rat).Sub(back.Number.Rat(), printed.Rat()); off.Abs(off).Cmp(half) > 0 {
		t.Fatalf("%s: %s %s is %s %s and comes back as %s", p.analyte.ID, digits, p.from, there.Number, p.to, back.Number)
	}
	return true
}

// A factor of the catalogue between two units of one kind is UCUM's.
func TestTheCataloguesFactorsAreThoseOfUCUMWithinAKind(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, a := range catalogue(t).All() {
		first, err := ucum.Parse(a.Units[0].UCUM)
		if err != nil {
			t.Fatalf("%s: %v", a.ID, err)
		}
		for _, u := range a.Units[1:] {
			unit, err := ucum.Parse(u.UCUM)
			if err != nil {
				t.Fatalf("%s: %v", a.ID, err)
			}
			if u.ToFirst == "" || unit.Kind() != first.Kind() || strings.Join(unit.Annotations(), "") != strings.Join(first.Annotations(), "") {
				continue
			}
			factor, err := ucum.Convert(big.NewRat(1, 1), unit, first)
			if err != nil || factor.Cmp(bot.MustDecimal(u.ToFirst).Rat()) != 0 {
				t.Errorf("%s: %s is %s %s, the catalogue says %s", a.ID, u.UCUM, factor.RatString(), a.Units[0].UCUM, u.ToFirst)
			}
			checked++
		}
	}
	if checked == 0 {
		t.Error("no factor was checked")
	}
}
