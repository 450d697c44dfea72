package llm_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"careline/bot/llm"
)

func TestANameIsTakenOutHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	names := []string{"王小雨", "王伟", "阿依古丽·买买提", "Wang Xiaoyu", "O'Brien, Anna-Lena", "Li Na"}
	cases := []struct{ in, want string }{
		{"我叫王小雨，ALT 87", "我叫[name]，ALT 87"},
		{"我叫王 小 雨", "我叫[name]"},
		{"王\u200b小\u200b雨", "[name]"},
		{"王-小-雨 王·小雨 王，小雨", "[name] [name] [name]"},
		{"小雨今天抽血", "[name]今天抽血"},
		{"王伟和伟", "[name]和伟"},
		{"今天下小小雨", "今天下小[name]"},
		{"买买提的尿酸 420", "[name]的尿酸 420"},
		{"阿依古丽买买提", "[name]"},
		{"wang xiaoyu / XIAOYU WANG / WangXiaoyu / Wang-Xiaoyu / Wang, Xiaoyu", "[name] / [name] / [name] / [name] / [name]"},
		{"Mr Wang, wang's", "Mr [name], [name]'s"},
		{"Ｗａｎｇ", "[name]"},
		{"X i a o y u", "[name]"},
		{"Wаng with a Cyrillic letter", "[name] with a Cyrillic letter"},
		{"我是Anna啊", "我是[name]啊"},
		{"Wangxx, Annabel, hanna", "Wangxx, Annabel, hanna"},
		{"is it an a or a b", "is it an a or a b"},
		{"li na / Na Li / Na 140, Li 0.8", "[name] / [name] / Na 140, Li 0.8"},
	}
	for _, c := range cases {
		if got := llm.Redact(c.in, names...); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

func TestAWordThatIsANameTooStaysAlone(t *testing.T) {
	t.Parallel()
	got := llm.Redact("Anna Alt, May 12: ALT 87 high, Anna; May Low: low", "Anna Alt", "May Low")
	if want := "[name], May 12: ALT 87 high, [name]; [name]: low"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := llm.Redact("王健康：身体健康", "王健康"); got != "[name]：身体健康" {
		t.Errorf("%q", got)
	}
}

func TestNoNameIsNoPattern(t *testing.T) {
	t.Parallel()
	const text = "ALT 87 U/L，王 a 1"
	if got := llm.Redact(text, "", " ", "王", "a", "1", "·", "（）", ".*"); got != text {
		t.Errorf("%q", got)
	}
}

// disguised draws a way to type a name that the canonical form sees through.
func disguised(t *rapid.T, name string) string {
	joints := []string{"", "\u200b", "\u00ad", "\ufeff", "-", " ", "\u3000", "·"}
	wide := rapid.Bool().Draw(t, "full-width")
	upper := rapid.Bool().Draw(t, "upper")
	joint := rapid.SampledFrom(joints).Draw(t, "joint")
	var letters []string
	for _, r := range name {
		letter := string(r)
		if upper {
			letter = strings.ToUpper(letter)
		}
		if wide && r > ' ' && r < 0x7f {
			letter = string([]rune(letter)[0] + 0xfee0)
		}
		letters = append(letters, letter)
	}
	return strings.Join(letters, joint)
}

func TestNoDisguiseOfANameLeaves(t *testing.T) {
	t.Parallel()
	const value = "ALT 87 U/L（7-40），2026-05-12 血钾 4.1 mmol/L"
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"王小雨", "欧阳静怡", "买买提", "Schmidt", "Annalena"}).Draw(t, "name")
		text := "我是" + disguised(t, name) + "。" + value
		if got := llm.Redact(text, name, "Somebody Else"); got != "我是[name]。"+value {
			t.Fatalf("%q becomes %q", text, got)
		}
	})
}

func TestANumberThatLeadsToAPersonIsTakenOut(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, want string }{
		{"报告单号:R202611020087", "报告单号:[number]"},
		{"报告单号：Ｒ２０２６１１０２", "报告单号：[number]"},
		{"条码 A1234567", "条码 [number]"},
		{"条码是 A 1234567，ALT 87", "条码是 [number]，ALT 87"},
		{"住院号 88123", "住院号 [number]"},
		{"样本编号：2026-1102-87", "样本编号：[number]"},
		{"条形码 1 2 3 4 5 6", "条形码 [number]"},
		{"病历号：B\u200b1\u200b2\u200b3\u200b4\u200b5", "病历号：[number]"},
		{"Report no. LAB-88123, ALT 87", "Report no. [number], ALT 87"},
		{"specimen ID: 7F3A91 ok", "specimen ID: [number] ok"},
		{"see A12345678 please", "see [number] please"},
		{"4f2a91c0b7d3 and 550e8400-e29b-41d4-a716-446655440000", "[number] and [account]"},
	}
	for _, c := range cases {
		if got := llm.Redact(c.in); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

func TestWhatIsIntroducedButIsNoNumberStays(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"报告日期 2026-05-12，报告号 2026-05-12",
		"检查 ALT 1285 U/L，报告 1285",
		"样本号 17，ALT 87",
		"条码看不清，血小板 150",
		"编号: 1285.5 mmol/L",
		"rs1801133 CT, rs12979860 CC",
		"20260512T0830 采样",
		"报告单上 ALT 87，order 3 tests",
		"10000000copies/mL, 5000000IU",
		"CA19-9 37, HLA-B5701, SARS-CoV-2, vitamin B12 1285",
	} {
		if got := llm.Redact(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("我是王 小 雨，报告单号:R202611020087", "王小雨")
	f.Add("Wang, Xiaoyu 138 0013 8000", "Xiaoyu Wang")
	f.Add("条码 A 1234567 o 1 a@b.c", "a b")
	f.Add("雨雨雨", "小雨雨")
	f.Add("\u200b1\u0301", "é.*(")
	f.Fuzz(func(t *testing.T, text, name string) {
		redactor := llm.NewRedactor(name)
		once := redactor.Redact(text)
		if twice := redactor.Redact(once); twice != once {
			t.Errorf("%q with %q becomes %q, then %q", text, name, once, twice)
		}
	})
}
