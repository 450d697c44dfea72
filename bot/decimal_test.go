package bot_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"careline/bot"
)

func TestDecimalsAreTheDigitsThatWerePrinted(t *testing.T) {
	t.Parallel()
	for _, digits := range []string{"5.0", "5", "-0.30", "007", "1.2e-3", ".5"} {
		d, err := bot.ParseDecimal(digits)
		if err != nil || d.String() != digits {
			t.Errorf("%q came back as %q, %v", digits, d, err)
		}
	}
	for _, wrong := range []string{"", "5,0", "1.2.3", "<5", "5 ", "--1", "1e99", "e5", "NaN", "Inf", "0x1f", "1_000", "-", "9999999999999999999999999999999999999999999"} {
		if _, err := bot.ParseDecimal(wrong); err == nil {
			t.Errorf("%q passed as a decimal", wrong)
		}
	}
}

func TestDecimalsCompareExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`-?[0-9]{1,9}(\.[0-9]{1,9})?`)
		a, b := digits.Draw(t, "a"), digits.Draw(t, "b")
		left, _ := new(big.Rat).SetString(a)
		right, _ := new(big.Rat).SetString(b)
		if got, want := bot.MustDecimal(a).Cmp(bot.MustDecimal(b)), left.Cmp(right); got != want {
			t.Fatalf("%s against %s is %d, want %d", a, b, got, want)
		}
	})
}

func FuzzDecimal(f *testing.F) {
	f.Add("5.0")
	f.Add("1e30")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := bot.ParseDecimal(s); err == nil {
			d.Float()
			if _, ok := new(big.Rat).SetString(s); !ok {
				t.Errorf("%q is a decimal to us and not to big.Rat", s)
			}
		}
	})
}
