package ucum_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"careline/retrieval/labs/ucum"
)

func TestConversionIsExact(t *testing.T) {
	t.Parallel()
	cases := []struct{ value, from, to, want string }{
		{"13.5", "g/dL", "g/L", "135"}, {"1", "U/L", "nkat/L", "50/3"}, {"1", "ukat/L", "U/L", "60"}, {"5.6", "10*9/L", "10*3/uL", "5.6"},
		{"5.6", "10*9/L", "/uL", "5600"}, {"7", "mmol/dL", "mmol/L", "70"}, {"1", "mol", "1", "602214076000000000000000"}, {"37", "Cel", "[degF]", "98.6"},
		{"98.6", "[degF]", "Cel", "37"}, {"29.6", "[degRe]", "Cel", "37"}, {"37", "Cel", "K", "310.15"}, {"370", "dCel", "Cel", "37"}, {"2.5", "u[IU]/mL", "m[IU]/L", "2.5"},
		{"3", "[iU]", "[IU]", "3"}, {"120", "mm[Hg]", "kPa", "15.99864"}, {"10", "cm[H2O]", "Pa", "980.665"}, {"30", "dB", "B", "3"}, {"1", "h", "min", "60"}, {"1", "d", "h", "24"},
		{"4", "%", "[ppth]", "40"}, {"1", "Kibit", "bit", "1024"}, {"1", "meq/L", "mmol/L", "1"}, {"100", "mg/(24.h)", "mg/d", "100"}, {"1", "10^3", "10*3", "1"}, {"20", "10.Cel", "Cel", "200"},
	}
	for _, c := range cases {
		got, err := ucum.Convert(number(t, c.value), unit(t, c.from), unit(t, c.to))
		if err != nil || got.Cmp(number(t, c.want)) != 0 {
			t.Errorf("%s %s is %v %s, not %s: %v", c.value, c.from, got, c.to, c.want, err)
		}
	}
}

func TestScalesWithoutRationalArithmeticKeepTwelveDigits(t *testing.T) {
	t.Parallel()
	cases := []struct{ value, from, to, want string }{
		{"7.4", "[pH]", "nmol/L", "39.8107170553497"}, {"3", "B", "1", "1000"}, {"1", "Np", "1", "2.71828182845905"}, {"8", "bit_s", "1", "256"}, {"2", "B[SPL]", "Pa", "2e-4"},
		{"100", "[p'diop]", "deg", "45"}, {"100", "%[slope]", "deg", "45"}, {"3", "B[W]", "kW", "1"}, {"1000", "1", "B", "3"}, {"3", "[m/s2/Hz^(1/2)]", "m2/s4/Hz", "9"}, {"2", "[hp'_C]", "1", "1e-4"},
	}
	for _, c := range cases {
		got, err := ucum.Convert(number(t, c.value), unit(t, c.from), unit(t, c.to))
		if err != nil || !agree(got, number(t, c.want), 12) {
			t.Errorf("%s %s is %v %s, not %s: %v", c.value, c.from, got, c.to, c.want, err)
		}
	}
	if _, err := ucum.Convert(number(t, "-1"), unit(t, "1"), unit(t, "B")); !errors.Is(err, ucum.ErrRange) {
		t.Errorf("the logarithm of a negative number: %v", err)
	}
}

func TestArbitraryUnitsConvertOnlyWithThemselves(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"[iU]", "[arb'U]"}, {"[IU]/L", "U/L"}, {"[iU]", "1"}, {"[AU]/mL", "[IU]/mL"}, {"[FEU]", "g"}, {"mg/L", "mmol/L"}, {"Cel", "m"}} {
		if _, err := ucum.Convert(big.NewRat(1, 1), unit(t, pair[0]), unit(t, pair[1])); !errors.Is(err, ucum.ErrIncomparable) {
			t.Errorf("%s to %s: %v", pair[0], pair[1], err)
		}
	}
}

func TestTheKindKeepsApartWhatUCUMTakesForPureNumbers(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"mmol/L", "/L"}, {"mmol/mol", "%"}, {"L/L", "g/g"}, {"meq/L", "mmol/L"}, {"mosm/kg", "mmol/kg"}, {"/[HPF]", "1"}, {"/[HPF]", "/[LPF]"}, {"[pH]", "mol/L"}} {
		a, b := unit(t, pair[0]), unit(t, pair[1])
		if a.Kind() == b.Kind() {
			t.Errorf("%s and %s are both %s", pair[0], pair[1], a.Kind())
		}
	}
	for _, pair := range [][2]string{{"mmol/L", "umol/mL"}, {"U/L", "nkat/L"}, {"%", "[ppth]"}, {"Cel", "[degF]"}, {"10*9/L", "/uL"}, {"mm[Hg]", "kPa"}, {"mg/d", "g/(24.h)"}, {"m[IU]/L", "u[iU]/mL"}} {
		if a, b := unit(t, pair[0]), unit(t, pair[1]); a.Kind() != b.Kind() || !a.Comparable(b) {
			t.Errorf("%s is %s and %s is %s", pair[0], a.Kind(), pair[1], b.Kind())
		}
	}
}

func TestTheCanonicalFormIsTheSameForEqualUnits(t *testing.T) {
	t.Parallel()
	cases := [][]string{
		{"1/1000 g.m-3", "mg/m3", "ug/L", "ng/mL"}, {"1000000 g.m-1.s-2", "kPa", "kN/m2", "10*3.Pa"}, {"1 [iU]", "[iU]", "[IU]", "k[iU]/10*3"}, {"1", "", "1", "m/m", "10*0", "{x}"},
		{"Cel(1, 1 K)", "Cel", "10.dCel"},
	}
	for _, c := range cases {
		for _, code := range c[1:] {
			if got := unit(t, code).Canonical(); got != c[0] {
				t.Errorf("%s is %s, not %s", code, got, c[0])
			}
		}
	}
}

func TestAProductHasACodeThatReadsBack(t *testing.T) {
	t.Parallel()
	codes := []string{"mg", "L", "mol/L", "{a}", "", "10*9/L", "kg.m/s2"}
	for _, a := range codes {
		for _, b := range codes {
			product, err := unit(t, a).Multiply(unit(t, b))
			if err != nil || unit(t, product.String()).Canonical() != product.Canonical() {
				t.Errorf("%q by %q is %q: %v", a, b, product, err)
			}
			quotient, err := unit(t, a).Divide(unit(t, b))
			if err != nil || b != "" && unit(t, quotient.String()).Canonical() != quotient.Canonical() {
				t.Errorf("%q over %q is %q: %v", a, b, quotient, err)
			}
		}
	}
}

func TestWhatIsNoUnitIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	cases := []struct {
		code string
		want error
	}{
		{"furlong", ucum.ErrUnknown}, {"MG", nil}, {"mmol/l ", ucum.ErrSyntax}, {"m//s", ucum.ErrUnknown}, {"m/0", ucum.ErrSyntax}, {"m100", ucum.ErrTooLarge}, {"m-", ucum.ErrSyntax},
		{"(m", ucum.ErrSyntax}, {"m)", ucum.ErrSyntax}, {"m{", ucum.ErrSyntax}, {"m{a{b}}", ucum.ErrSyntax}, {"m[", ucum.ErrUnknown}, {"Cel2", ucum.ErrNotRatio}, {"Cel/min", ucum.ErrNotRatio},
		{strings.Repeat("(", 100) + "m", ucum.ErrTooLarge}, {strings.Repeat("m.", 200) + "m", ucum.ErrTooLarge}, {"Ym99.Ym99.Ym99.Ym99.Ym99.Ym99.Ym99.Ym99", ucum.ErrTooLarge},
		{"123456789012345678901", ucum.ErrTooLarge}, {"kmin", ucum.ErrUnknown}, {"m[IU]", nil}, {"iU", ucum.ErrUnknown},
	}
	for _, c := range cases {
		if _, err := ucum.Parse(c.code); !errors.Is(err, c.want) {
			t.Errorf("%q: %v, not %v", c.code, err, c.want)
		}
	}
}

// someUnit draws a code from the units of laboratories, with prefixes and exponents.
func someUnit(t *rapid.T, label string) ucum.Unit {
	part := rapid.Custom(func(t *rapid.T) string {
		prefix := rapid.SampledFrom([]string{"", "m", "u", "n", "k", "d"}).Draw(t, "prefix")
		symbol := rapid.SampledFrom([]string{"g", "L", "mol", "s", "[IU]", "U", "kat", "eq", "osm", "m", "Pa"}).Draw(t, "unit")
		return prefix + symbol + rapid.SampledFrom([]string{"", "", "2", "-1"}).Draw(t, "power")
	})
	parts := rapid.SliceOfN(part, 1, 4).Draw(t, label)
	u, err := ucum.Parse(strings.Join(parts, rapid.SampledFrom([]string{".", "/"}).Draw(t, "sign")))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestComparingIsAnEquivalenceAndConvertingFollowsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := someUnit(t, "a"), someUnit(t, "b"), someUnit(t, "c")
		if !a.Comparable(a) || a.Comparable(b) != b.Comparable(a) || a.Comparable(b) && b.Comparable(c) && !a.Comparable(c) {
			t.Fatalf("%s, %s, %s", a, b, c)
		}
		if a.Kind() == b.Kind() && !a.Comparable(b) {
			t.Fatalf("%s and %s are of one kind and not comparable", a, b)
		}
		value := big.NewRat(rapid.Int64().Draw(t, "value"), 1000)
		there, err := ucum.Convert(value, a, b)
		if (err == nil) != a.Comparable(b) {
			t.Fatalf("%s to %s: %v", a, b, err)
		}
		if err != nil {
			return
		}
		if back, err := ucum.Convert(there, b, a); err != nil || back.Cmp(value) != 0 {
			t.Fatalf("%s %s comes back as %s: %v", value, a, back, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, code := range []string{"", "m", "10*9/L", "mg/dL", "[iU]/mL", "m[H2O]", "4.[pi].10*-7.N/A2", "{a}.rad2{b}", "Cel", "dB[SPL]", "[m/s2/Hz^(1/2)]", "((((m))))", "m/0", "%[slope]", "mmol/(8.h.kg)", "10+3/ul", "/{tot}"} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		u, err := ucum.Parse(code)
		if err != nil {
			return
		}
		again, err := ucum.Parse(u.String())
		if err != nil || u.String() != code || again.Canonical() != u.Canonical() || again.Kind() != u.Kind() {
			t.Fatalf("%q reads differently the second time: %v", code, err)
		}
		one := big.NewRat(1, 1)
		if back, err := ucum.Convert(one, u, again); err != nil || back.Cmp(one) != 0 {
			t.Fatalf("%q does not convert to itself: %v", code, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := ucum.Parse("mmol/L"); err != nil {
			b.Fatal(err)
		}
	}
}
