package labs_test

import (
	"testing"

	"careline/bot"
)

const titledHeader = "病历号,性别,出生日期,报告单号,报告名称,标本类型,报告时间,项目名称,结果,单位,参考范围,提示\n"

// TestAPrintedNameIsMappedWithinItsSpecimenOnly: the specimen is heard from the
// item, then its name, then the report's title; nothing crosses it.
func TestAPrintedNameIsMappedWithinItsSpecimenOnly(t *testing.T) {
	t.Parallel()
	cases := []struct {
		title, specimen, row, want string
	}{
		{"", "", "葡萄糖,5.1,mmol/L,3.9-6.1,", "GLU"},
		{"糖尿病复查", "", "葡萄糖,5.1,mmol/L,3.9-6.1,", "GLU"},
		{"", "血清", "葡萄糖,5.1,mmol/L,3.9-6.1,", "GLU"},
		{"", "", "血清葡萄糖测定,5.1,mmol/L,3.9-6.1,", "GLU"},
		{"", "", "★血清钾,4.1,mmol/L,3.5-5.3,", "K"},
		{"", "", "＊ＡＬＴ（谷丙转氨酶）,31,U/L,7-40,", "ALT"},
		{"", "", "AST(谷草转氨酶)测定,31,U/L,13-35,", "AST"},
		{"尿常规", "", "白细胞,12,10^9/L,,", ""},
		{"", "尿液", "葡萄糖,5.1,mmol/L,3.9-6.1,", ""},
		{"", "脑脊液", "葡萄糖,3.1,mmol/L,2.5-4.5,", ""},
		{"", "", "血小板压积(PCT),0.21,%,0.1-0.3,", ""},
		{"", "", "某项目,1,mmol/L,,", ""},
	}
	for _, c := range cases {
		f, err := parse(t, "r.csv", titledHeader+"T-1,女,1980-03-05,R-1,"+c.title+","+c.specimen+",2026-11-02 09:00,"+c.row+"\n")
		got := only(t, f, err)
		blood := map[bot.AnalyteID]bool{"GLU": true, "WBC": true, "PCT": true}
		if c.want == "" && blood[got.Analyte] || c.want != "" && string(got.Analyte) != c.want {
			t.Errorf("%s %s %s is mapped to %q", c.title, c.specimen, c.row, got.Analyte)
		}
	}
}

func TestADecisionOfStaffMapsANameAndNeverAcrossSpecimens(t *testing.T) {
	t.Parallel()
	c, err := catalogue(t).With([]bot.NameDecision{{Name: "转氨酶甲", Analyte: "ALT"}, {Name: "钾", Specimen: bot.SpecimenBlood, Analyte: ""}})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name     string
		specimen bot.Specimen
		want     bot.AnalyteID
	}{
		{"转氨酶甲", "", "ALT"}, {"*转氨酶甲 ", bot.SpecimenBlood, "ALT"}, {"转氨酶甲", bot.SpecimenUrine, ""},
		{"钾", bot.SpecimenBlood, ""}, {"钾", "", "K"}, {"钠", "", "NA"},
	}
	for _, x := range cases {
		if a, _ := c.Map(x.name, "", x.specimen); a.ID != x.want {
			t.Errorf("%s in %q is %q", x.name, x.specimen, a.ID)
		}
	}
	if a, ok := catalogue(t).Map("转氨酶甲", "", ""); ok {
		t.Errorf("a decision of one institution reached another: %s", a.ID)
	}
	if _, err := catalogue(t).With([]bot.NameDecision{{Name: "x", Analyte: "NO-SUCH"}}); err == nil {
		t.Error("a decision for an analyte that does not exist was taken")
	}
}

func TestASuggestionIsLikeTheNameAndOfItsSpecimen(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	cases := []struct {
		name     string
		specimen bot.Specimen
		first    bot.AnalyteID
	}{
		{"丙氨酸氨基转移酶活力", bot.SpecimenBlood, "ALT"}, {"总胆红素(氧化法)", "", "TBIL"}, {"Creatinine, enzymatic", bot.SpecimenBlood, "CREA"}, {"某某某", "", ""},
	}
	for _, x := range cases {
		found := c.Suggest(x.name, x.specimen)
		if x.first == "" && len(found) > 0 || x.first != "" && (len(found) == 0 || found[0].Analyte != x.first) {
			t.Errorf("%s: %+v", x.name, found)
		}
	}
	for _, s := range c.Suggest("丙氨酸氨基转移酶", bot.SpecimenUrine) {
		if a, _ := c.Analyte(s.Analyte); a.Specimen != bot.SpecimenUrine {
			t.Errorf("%s is proposed for a urine item", s.Analyte)
		}
	}
	if _, ok := c.Map("丙氨酸氨基转移酶活力", "", bot.SpecimenBlood); ok {
		t.Error("a suggestion was used by itself")
	}
}

// TestAResultInWordsIsWithinOnlyWhenItSaysTheReference: "positive" is never called
// high, and a word that is none of the scale is left to the doctor.
func TestAResultInWordsIsWithinOnlyWhenItSaysTheReference(t *testing.T) {
	t.Parallel()
	cases := []struct {
		value, reference string
		want             bot.Direction
	}{
		{"阴性", "阴性", bot.DirectionWithin}, {"-", "阴性", bot.DirectionWithin}, {"(-)", "阴性(-)", bot.DirectionWithin}, {"Neg", "阴性", bot.DirectionWithin}, {"未见", "阴性", bot.DirectionWithin},
		{"阳性", "阴性", bot.DirectionUnknown}, {"1+", "阴性", bot.DirectionUnknown}, {"±", "阴性", bot.DirectionUnknown}, {"弱阳性", "阴性", bot.DirectionUnknown},
		{"黄色", "黄色", bot.DirectionWithin}, {"黄色", "淡黄色", bot.DirectionUnknown}, {"", "", bot.DirectionUnknown},
		{"1:80", "<1:80", bot.DirectionHigh}, {"1:40", "<1:80", bot.DirectionWithin}, {"1：320", "≤1:100", bot.DirectionHigh}, {"<1:20", "<1:80", bot.DirectionWithin},
		{"1:80", "<80", bot.DirectionUnknown}, {"80", "<1:80", bot.DirectionUnknown},
	}
	for _, c := range cases {
		f, err := parse(t, "r.csv", csvHeader+"T-1,,女,1980-03-05,R-1,2026-11-02,某项目,"+c.value+",,"+c.reference+",\n")
		if got := only(t, f, err); got.Direction != c.want || got.Interval.Printed != c.reference {
			t.Errorf("%q against %q is %s", c.value, c.reference, got.Direction)
		}
	}
}
