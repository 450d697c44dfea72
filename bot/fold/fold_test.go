package fold_test

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"careline/bot/fold"
)

func TestTextHasOneCanonicalForm(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"ＡＬＴ　８７":               "alt 87",
		"血 钾 高":                "血钾高",
		"血\u200b钾\ufeff高":      "血钾高",
		"umol vs µmol vs μmol": "umol vs μmol vs μmol",
		"×10⁹/L":               "×109/l",
		"  Two   spaces\t\n":   "two spaces",
		"pоtassium":            "potassium",
		"μmol":                 "μmol",
		"cafe\u0301":           "café",
		"血钾 K 7.1":             "血钾 k 7.1",
		"“没事吧？”":               "“没事吧?”",
		"sui\u00adcide":        "suicide",
		"\xff\xfe高":            "高",
		"":                     "",
	}
	for in, want := range cases {
		if got := fold.Text(in); got != want {
			t.Errorf("%q folds to %q, want %q", in, got, want)
		}
	}
}

func TestASpanIsFoundAgainInTheOriginal(t *testing.T) {
	t.Parallel()
	const original = "  我 的Ｋ　７．１\u200b mmol"
	f := fold.Fold(original)
	const want = "k 7.1"
	for i := 0; i+len(want) <= len(f.Text()); i++ {
		if f.Text()[i:i+len(want)] == want {
			start, end := f.Origin(i, i+len(want))
			if got := original[start:end]; got != "Ｋ　７．１" {
				t.Errorf("found %q", got)
			}
			return
		}
	}
	t.Fatalf("%q is not in %q", want, f.Text())
}

func TestFoldingIsStableAndSpansStayInside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkFold(t, rapid.String().Draw(t, "text")) })
}

func FuzzFold(f *testing.F) {
	f.Add("血钾ＫK\u200b 7.1")
	f.Add("\xff\u0301\u0301")
	f.Fuzz(func(t *testing.T, s string) { checkFold(t, s) })
}

func checkFold(t interface{ Fatalf(string, ...any) }, s string) {
	f := fold.Fold(s)
	if !utf8.ValidString(f.Text()) {
		t.Fatalf("folded text is not UTF-8")
	}
	for i := range f.Text() {
		start, end := f.Origin(i, i+1)
		if start < 0 || end > len(s) || start >= end {
			t.Fatalf("byte %d of %q comes from [%d,%d) of %d bytes", i, f.Text(), start, end, len(s))
		}
	}
	if again := fold.Text(f.Text()); again != f.Text() {
		t.Fatalf("folded twice: %q became %q", f.Text(), again)
	}
}

func BenchmarkFold(b *testing.B) {
	text := "我妈的血钾ＫK 7.1 mmol/L，是不是很高？What should I do about it？"
	for b.Loop() {
		fold.Text(text)
	}
}
