package llm_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"careline/bot/llm"
)

// Invented; each passes the checks real ones pass.
const (
	identity = "11010519491231002X"
	mobile   = "13800138000"
	card     = "6222021234567890128"
	mail     = "wang.xiulan@example.com"
	openid   = "oAbC-_dEfGhIjKlMnOpQrStUvWx1"
	barcode  = "2605120012345"
)

func TestWhatIdentifiesAPersonIsTakenOut(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"identity number", "身份证" + identity + "，转氨酶87", "身份证[identity number]，转氨酶87"},
		{"identity number in groups", "110105 19491231 002X 尿酸高", "[identity number] 尿酸高"},
		{"identity number, the X apart", "110105-1949-12-31-002 x", "[identity number]"},
		{"identity number that ends in a digit", "ID 110101199003070011 ok", "ID [identity number] ok"},
		{"a number that only looks like one", "ID 110101199003070012 ok", "ID [number] ok"},
		{"mobile", "打我电话" + mobile + "吧", "打我电话[mobile]吧"},
		{"mobile in groups", "138 0013 8000 / 138-0013-8000 / 138.0013.8000", "[mobile] / [mobile] / [mobile]"},
		{"mobile with country code", "+86 138 0013 8000", "+86 [mobile]"},
		{"mobile digit by digit", "1 3 8 0 0 1 3 8 0 0 0", "[mobile]"},
		{"mobile full-width", "１３８００１３８０００", "[mobile]"},
		{"mobile with zero-width characters", "138\u200b0013\u200b8000", "[mobile]"},
		{"bank card", "卡号6222021234567890128", "卡号[bank card]"},
		{"bank card in fours", "6222 0212 3456 7890 128", "[bank card]"},
		{"e-mail", "写信 " + mail + " 给我", "写信 [e-mail] 给我"},
		{"e-mail full-width", "ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[e-mail]"},
		{"e-mail with spaces", "wang @ example . com", "[e-mail]"},
		{"openid", "openid=" + openid + "。", "openid=[account]。"},
		{"two openids", openid + " " + openid, "[account] [account]"},
		{"report number", "报告号" + barcode, "报告号[number]"},
		{"report number after letters", "LAB2605120012", "LAB[number]"},
		{"report number in fours", "2605 1200 1234", "[number]"},
		{"nothing", "", ""},
	}
	for _, c := range cases {
		if got := llm.Redact(c.in); got != c.want {
			t.Errorf("%s: %q becomes %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestValuesUnitsAndDatesSurvive(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"ALT 87 U/L（7-40），2026-05-12 是 55",
		"2026-05-12 08:30 抽血，2026年5月12日出报告",
		"20260512 血钾 7.1 mmol/L",
		"血压 135/85，130/80，128/78",
		"血压 128 135 140 125",
		"血糖 5 6 7 8 6 5 7 9",
		"血糖 5.1 6.2 7.3 8.4 6.5 5.6",
		"白细胞 10000-20000",
		"近三年 2023 2024 2025 都高",
		"HBV DNA 1.2×10^7 IU/mL",
		"25-OH-D, CA125, B12, HbA1c 6.5%",
		"打120或12356",
		"otorhinolaryngologists and hepatologists",
		"PLT 150 WBC 6.5 HGB 130 ALT 40",
	} {
		if got := llm.Redact(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// typed draws a way people type a number: spaced, hyphenated, full-width, with
// invisible characters.
func typed(t *rapid.T, number string) string {
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return strings.Join(strings.Split(number, ""), rapid.SampledFrom([]string{" ", "-", "\u3000"}).Draw(t, "joint"))
	case 1:
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r + 0xfee0
			}
			return r
		}, number)
	case 2:
		return strings.Join(strings.Split(number, ""), rapid.SampledFrom([]string{"\u200b", "\u2060", "\ufeff", "\u00ad"}).Draw(t, "invisible"))
	}
	return number
}

func TestNoFormOfANumberLeaves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SampledFrom([]string{identity, mobile, card, openid, barcode}).Draw(t, "secret")
		if secret == openid || secret == identity {
			// A hyphen is part of an openid.
			secret = strings.ReplaceAll(secret, "-", "z")
		}
		text := "我的号 " + typed(t, secret) + "，转氨酶 87 U/L"
		got := llm.Redact(text)
		if !strings.HasPrefix(got, "我的号 [") || !strings.HasSuffix(got, "]，转氨酶 87 U/L") {
			t.Fatalf("%q becomes %q", text, got)
		}
	})
}

func FuzzRedactingAgainFindsNothing(f *testing.F) {
	for _, s := range []string{identity, mobile, "1 3 8 0 0 1 3 8 0 0 0", mail, openid, "a@b.c o 1", "６２２２ 0212", "\u200b1\u0301", "0000000000x@0.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := llm.Redact(text)
		if twice := llm.Redact(once); twice != once {
			t.Errorf("%q becomes %q, then %q", text, once, twice)
		}
	})
}
