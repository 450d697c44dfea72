package ucum_test

import (
	"encoding/xml"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"careline/retrieval/labs/ucum"
)

// functional is UCUM's functional tests of 18 June 2014. Their display names are
// out of scope: Careline shows units as they were printed.
type functional struct {
	Validation []struct {
		ID    string `xml:"id,attr"`
		Unit  string `xml:"unit,attr"`
		Valid bool   `xml:"valid,attr"`
	} `xml:"validation>case"`
	Conversion []struct {
		ID      string `xml:"id,attr"`
		Value   string `xml:"value,attr"`
		From    string `xml:"srcUnit,attr"`
		To      string `xml:"dstUnit,attr"`
		Outcome string `xml:"outcome,attr"`
	} `xml:"conversion>case"`
	Multiplication []product `xml:"multiplication>case"`
	Division       []product `xml:"division>case"`
}

type product struct {
	ID     string `xml:"id,attr"`
	V1     string `xml:"v1,attr"`
	U1     string `xml:"u1,attr"`
	V2     string `xml:"v2,attr"`
	U2     string `xml:"u2,attr"`
	Result string `xml:"vRes,attr"`
	Unit   string `xml:"uRes,attr"`
}

// contested are the cases that do not follow the specification, with the reason.
var contested = map[string]string{
	"k=1=049": "g.m/{hb}m2: an annotation ends a component (the grammar; case 1-116a of the same file refuses {a}rad2{b})",
	"3-111":   "s/m/mg to s.m-1.g-1: a second per milligram is a thousand per gram, 6300 as in case 3-110 for s/mm/g, not 0.0063",
	"3-115":   "s/4.m to s/m: operators bind to the left (specification §7), so s/4.m is a quarter of s.m",
}

// theirs are the functional tests; the test that asks ends where they are not at hand.
func theirs(t *testing.T) functional {
	t.Helper()
	root := os.Getenv("CARELINE_SHARED")
	if root == "" {
		t.Skip("CARELINE_SHARED is not set: UCUM's functional tests were not run")
	}
	raw, err := os.ReadFile(filepath.Join(root, "data", "ucum", "UcumFunctionalTests.2.xml"))
	if err != nil {
		t.Fatalf("CARELINE_SHARED is set and %v", err)
	}
	var file functional
	if err := xml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestUCUMsValidationCases(t *testing.T) {
	t.Parallel()
	cases := theirs(t).Validation
	if len(cases) < 500 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		_, err := ucum.Parse(c.Unit)
		if _, known := contested[c.ID]; known == ((err == nil) == c.Valid) {
			t.Errorf("%s: %q is valid: %v; known as contested: %v; %v", c.ID, c.Unit, c.Valid, known, err)
		}
	}
}

func TestUCUMsConversionCases(t *testing.T) {
	t.Parallel()
	cases := theirs(t).Conversion
	if len(cases) < 29 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		got, err := ucum.Convert(number(t, c.Value), unit(t, c.From), unit(t, c.To))
		passes := err == nil && agree(got, number(t, c.Outcome), significant(c.Outcome))
		if _, known := contested[c.ID]; known == passes {
			t.Errorf("%s: %s %s is %v %s, not %s; known as contested: %v; %v", c.ID, c.Value, c.From, got, c.To, c.Outcome, known, err)
		}
	}
}

func TestUCUMsMultiplicationAndDivisionCases(t *testing.T) {
	t.Parallel()
	file := theirs(t)
	if len(file.Multiplication) != 2 || len(file.Division) != 0 {
		t.Fatalf("%d and %d cases", len(file.Multiplication), len(file.Division))
	}
	for _, c := range file.Multiplication {
		of, err := unit(t, c.U1).Multiply(unit(t, c.U2))
		if err != nil {
			t.Fatal(c.ID, err)
		}
		got, err := ucum.Convert(new(big.Rat).Mul(number(t, c.V1), number(t, c.V2)), of, unit(t, c.Unit))
		if err != nil || got.Cmp(number(t, c.Result)) != 0 {
			t.Errorf("%s: %v, not %s: %v", c.ID, got, c.Result, err)
		}
	}
}

func unit(t testing.TB, code string) ucum.Unit {
	t.Helper()
	u, err := ucum.Parse(code)
	if err != nil {
		t.Fatalf("%q: %v", code, err)
	}
	return u
}

func number(t testing.TB, digits string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(digits)
	if !ok {
		t.Fatalf("%q is no number", digits)
	}
	return r
}

// significant counts the digits an outcome is given with.
func significant(outcome string) int {
	mantissa, _, _ := strings.Cut(outcome, "e")
	digits := strings.TrimLeft(strings.ReplaceAll(mantissa, ".", ""), "0")
	return len(digits)
}

// agree reports whether two values are the same in so many significant digits.
func agree(a, b *big.Rat, digits int) bool {
	const enough = 300 // bits
	x, y := new(big.Float).SetPrec(enough).SetRat(a), new(big.Float).SetPrec(enough).SetRat(b)
	return x.Text('e', digits-1) == y.Text('e', digits-1)
}
