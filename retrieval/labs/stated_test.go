package labs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"careline/bot"
	"careline/retrieval/labs"
)

// stated is what a text states, as "K 7.1 mmol/L [3.5-5.3 high]".
func stated(c *labs.Catalogue, text string) string {
	var all []string
	for _, f := range c.Stated(bot.T(text)) {
		s := string(f.Analyte) + " " + f.Value.Comparator + f.Value.Printed
		if f.Value.Unit != "" {
			s += " " + f.Value.Unit
		}
		if f.Interval.Printed != "" {
			s += fmt.Sprintf(" [%s %s]", f.Interval.Printed, f.Direction)
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func TestAValueIsStatedInManyWays(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for text, want := range map[string]string{
		// Filler words between name and number.
		"血钾怎么7.1啊":                      "K 7.1",
		"血钾这次测出来是７．１":                   "K 7.1",
		"血小板只剩12了":                      "PLT 12",
		"血糖飙到28":                        "GLU 28",
		"my potassium came back at 7.1": "K 7.1",
		"platelets dropped to 12":       "PLT 12",
		"potassium is high, at 7.1":     "K 7.1",
		// Symbols, in their own capitals or small beside a number.
		"K：7.1":       "K 7.1",
		"K+ 7.1":      "K 7.1",
		"Hb:55g/L":    "HGB 55 g/L",
		"my k is 7.1": "K 7.1",
		"na 118":      "NA 118",
		// Numbers in Chinese, as voice messages have them.
		"血钾七点一":     "K 7.1",
		"血小板只剩十二了":  "PLT 12",
		"血糖二十八":     "GLU 28",
		"血红蛋白一百二":   "HGB 120",
		"血小板一百零五":   "PLT 105",
		"谷丙转氨酶八十七":  "ALT 87",
		"血糖从六点一到十二": "GLU 12",
		// Several, and those of one line.
		"血钾7.1血钠118":           "K 7.1, NA 118",
		"ALT 87 AST 65":        "ALT 87, AST 65",
		"血钾(K)：7.1↑ 3.5-5.3":   "K 7.1 [3.5-5.3 high]",
		"血钾（3.5-5.3）7.1":       "K 7.1 [3.5-5.3 high]",
		"血钾正常3.5-5.3，我是7.1":    "K 7.1 [3.5-5.3 high]",
		"ALT 87 U/L (ref <40)": "ALT 87 U/L [<40 high]",
		// The later of two counts.
		"血钾从4.1升到7.1":                    "K 7.1",
		"血钾 4.1 → 7.1":                   "K 7.1",
		"potassium went from 4.1 to 7.1": "K 7.1",
		"血钾上次4.1，这次7.1":                  "K 7.1",
		// Units as people write them.
		"血小板：12*10^9/L":   "PLT 12 *10^9/L",
		"血小板12×10^9":      "PLT 12 ×10^9",
		"血小板1.2万":         "PLT 1.2 万",
		"血色素5.5克":         "HGB 5.5",
		"肌酐1,000":         "CREA 1000",
		"FBG 1.8 g/L":     "FIB 1.8 g/L",
		"potassium 7 mEq": "K 7 mEq",
		"血钾7.1mmol":       "K 7.1 mmol",
	} {
		if got := stated(c, text); got != want {
			t.Errorf("%q states %q, want %q", text, got, want)
		}
	}
}

func TestWhatIsNoResultIsNotStated(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for _, text := range []string{
		// An interval is not a value.
		"血钾 3.5-5.3 是正常吗", "血钾正常范围3.5-5.3",
		// Doses and supplements.
		"I take potassium 20 mEq daily", "taking my potassium 20", "calcium 600mg", "补钙 600mg", "钙片600毫克", "potassium chloride 20 mmol/L", "iron 65 mg",
		"vitamin K 5", "维生素K 10", "take 400 mg 2 times",
		// Other specimens.
		"尿葡萄糖 28", "urine glucose 28", "脑脊液葡萄糖 1.8", "尿钾 20", "glucose 28 in my urine",
		// Other tests with the name inside.
		"肌酐清除率 80", "骨钙素 12", "calcium score 120", "小而密低密度脂蛋白 1.1",
		// No numbers, but degrees.
		"尿蛋白 2+", "尿隐血 3+", "乙肝表面抗原 250",
		// What is injected or swallowed.
		"晚上打胰岛素8单位", "vitamin D 2000 IU", "taking folate 400",
		// Dates, times, counts, pages, pairs, the unfinished.
		"血糖 12/3 查的", "血糖 12.3号查的", "血糖 7月2日", "血糖早上8点测的", "血糖测了3遍", "血糖高 45岁", "see p 3", "ALT/AST 87/65", "血钾 7,1", "血钾不是7.1", "potassium not 7.1",
		"白细胞 10*9/L 是单位", "血糖一直高", "血小板十分低", "血糖早上七点一刻测的", "血糖高十几年了", "血小板千万别再低了", "血糖八点三十测", "血糖一点都不高", "血糖二十多", "血糖三十岁就高",
	} {
		if got := stated(c, text); got != "" {
			t.Errorf("%q states %q, want nothing", text, got)
		}
	}
}

func TestALongerNameIsAnotherAnalyte(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for text, want := range map[string]string{
		"离子钙 1.15": "ICA 1.15", "ionized calcium 1.1": "ICA 1.1", "铁蛋白 12": "FERR 12", "红细胞分布宽度 13.2": "RDW-CV 13.2", "前白蛋白 200": "PA 200",
		"CA125 35": "CA125 35", "ca 125 35": "CA125 35", "indirect bilirubin 9": "IBIL 9", "餐后血糖28": "GLU2H 28", "尿比重1.020": "U-SG 1.020", "urine pH 6.5": "U-PH 6.5",
	} {
		if got := stated(c, text); got != want {
			t.Errorf("%q states %q, want %q", text, got, want)
		}
	}
}

func TestAComplaintBeforeANameIsNoSpecimen(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for text, want := range map[string]string{
		"少尿钾7.1":                  "K 7.1",
		"尿少，血钾7.1":                "K 7.1",
		"蛋白尿血钾7.1":                "K 7.1",
		"dark urine, potassium 7": "K 7",
	} {
		if got := stated(c, text); got != want {
			t.Errorf("%q states %q, want %q", text, got, want)
		}
	}
}

func TestANumberWithoutAUnitIsReadInTheUnitItCanBeIn(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for text, want := range map[string]string{
		"hemoglobin 13":     "130.000000 g/L",
		"血色素5.5克":           "55.000000 g/L",
		"glucose 120":       "6.660894 mmol/L",
		"calcium 9.5":       "2.370378 mmol/L",
		"creatinine 1.2":    "106.083912 umol/L",
		"platelets 150,000": "150.000000 10*9/L",
		"白细胞6500":           "6.500000 10*9/L",
		"血小板12万":            "120.000000 10*9/L",
		"血红蛋白55":            " ", // the usual unit can be meant: nothing is assumed
		"血糖28":              " ",
	} {
		facts := c.Stated(bot.T(text))
		if len(facts) != 1 {
			t.Errorf("%q states %d values", text, len(facts))
			continue
		}
		if got := facts[0].Standard.Number.String() + " " + facts[0].Standard.UCUM; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestEveryNameIsStatedWithItsValue(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	measured := slices.DeleteFunc(c.All(), func(a labs.Analyte) bool { return a.Scale != labs.ScaleQuantity })
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SampledFrom(measured).Draw(t, "analyte")
		language := rapid.SampledFrom([]bot.Language{bot.Chinese, bot.English}).Draw(t, "language")
		name := rapid.SampledFrom(append(a.Aliases[language], a.Names[language])).Draw(t, "name")
		number := fmt.Sprintf("%d.%d", rapid.IntRange(0, 999).Draw(t, "whole"), rapid.IntRange(1, 9).Draw(t, "tenth"))
		unit := rapid.SampledFrom(a.Units).Draw(t, "unit").UCUM
		between := rapid.SampledFrom([]string{" ", ": ", "：", " is ", "是"}).Draw(t, "between")
		text := name + between + number
		if rapid.Bool().Draw(t, "with unit") && !strings.Contains(unit, "{") && !strings.Contains(unit, "[") {
			text += " " + unit
		}
		facts := c.Stated(bot.T(text))
		if len(facts) != 1 || facts[0].Value.Printed != number {
			t.Fatalf("%q states %+v", text, facts)
		}
		if facts[0].Analyte != a.ID && name != "FBG" {
			t.Fatalf("%q is %s, want %s", text, facts[0].Analyte, a.ID)
		}
	})
}
