package labs_test

import (
	"strings"
	"testing"

	"careline/bot"
	"careline/retrieval/labs"
)

func TestAQuestionNamesAnalytes(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	cases := map[string]string{
		"转氨酶这么高要紧吗":                  "ALT,AST",
		"谷丙转氨酶和谷草":                   "ALT AST",
		"is my ALT bad?":             "ALT",
		"my sugar":                   "GLU",
		"上次的血脂":                      "TC,TG,HDL-C,LDL-C,NONHDL,APOA1,APOB,LPA",
		"血钾高一点没事吧":                   "K",
		"K 5.6 and Na 138":           "K NA",
		"ok, I can walk":             "",
		"altitude sickness":          "",
		"高密度脂蛋白胆固醇低":                 "HDL-C",
		"ＡＬＴ高":                       "ALT",
		"糖化血红蛋白6.7":                  "HBA1C",
		"尿酸高":                        "UA",
		"my blood urea nitrogen":     "UREA",
		"FT4 and TSH":                "FT4 TSH",
		"那个带箭头的":                     "",
		"what is white blood cells?": "WBC",
		// Another specimen, another test, another word.
		"尿白细胞高":                 "U-LEU,U-WBC",
		"大便白细胞和血常规白细胞":          "S-WBC WBC,RBC,HGB,HCT,MCV,MCH,MCHC,PLT,NEUT%,LYMPH%,MONO%,EO%,BASO%,NEUT#,LYMPH#,MONO#,EO#,BASO#,RDW-CV,RDW-SD,MPV,PDW,P-LCR,PLTCRIT WBC",
		"red cells in my urine": "",
		"甲状腺过氧化物酶抗体高":           "TPOAB",
		"间接胆红素和总胆红素":            "IBIL TBIL",
		"坐地铁去查铁":                "FE",
		"CA125 and Ca 2.3":      "CA125 CA",
		"take 400 mg 2 times":   "",
		"mg 0.4":                "MG",
		"尿钾高":                   "",
		"尿常规里的尿蛋白 2+":           "U-GLU,U-PRO,U-LEU,U-WBC,U-BLD,U-RBC,U-KET,U-BIL,U-URO,U-NIT,U-SG,U-PH,U-CAST,U-EPI,U-CRYS,U-BACT,U-COLOR,U-CLAR U-PRO",
		"urine glucose is high": "U-GLU",
		"离子钙和钙":                 "ICA CA",
		// What only reports write means nothing in a sentence.
		"PA said the TT is fine, trust me, I am fit": "",
		"E2 and T3 and P": "IP",
		"Ana's RF":        "",
		"打胰岛素 8 单位":       "",
		"乙肝疫苗打了没":         "",
		"吃维生素D3":          "",
		"什么颜色，酸碱度":        "",
	}
	for text, want := range cases {
		var got []string
		for _, m := range c.Mentions(text) {
			var ids []string
			for _, id := range m.Analytes {
				ids = append(ids, string(id))
			}
			got = append(got, strings.Join(ids, ","))
			if m.Start < 0 || m.End > len(text) || m.Start >= m.End {
				t.Errorf("%q: span %d-%d", text, m.Start, m.End)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q names %v, want %s", text, got, want)
		}
	}
}

func TestAPersonStatesValues(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	cases := map[string]string{
		"potassium 7.1":                       "K 7.1",
		"我的血钾是７．１怎么办":                         "K 7.1",
		"血小板才12":                              "PLT 12",
		"ALT 87 (7-40)":                       "ALT 87 7-40 high",
		"谷丙转氨酶87 U/L，参考范围7-40":                "ALT 87 U/L 7-40 high",
		"my glucose was 15.2 mmol/L":          "GLU 15.2 mmol/L",
		"血红蛋白只有55g/L，血钾3.9":                   "HGB 55 g/L|K 3.9",
		"肌酐>1000":                             "CREA >1000",
		"血钾高吗，我今年72岁":                         "",
		"血糖3天没测了":                             "",
		"ALT 2026-11-02 的报告":                  "",
		"甘油三酯要空腹12小时吗":                        "",
		"转氨酶 87":                              "",
		"call me at 13800000000 about my ALT": "",
		"白细胞 10^9/L 是什么单位":                    "",
	}
	for text, want := range cases {
		var got []string
		for _, f := range c.Stated(bot.T(text)) {
			s := string(f.Analyte) + " " + f.Value.Comparator + f.Value.Printed
			if f.Value.Unit != "" {
				s += " " + f.Value.Unit
			}
			if f.Interval.Printed != "" {
				s += " " + f.Interval.Printed + " " + string(f.Direction)
			}
			got = append(got, s)
		}
		if !strings.EqualFold(strings.Join(got, "|"), want) {
			t.Errorf("%q states %q, want %q", text, strings.Join(got, "|"), want)
		}
	}
}

func TestAPrintedNameIsMappedWithinItsSpecimen(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	cases := []struct {
		name, loinc string
		specimen    bot.Specimen
		want        bot.AnalyteID
	}{
		{"谷丙转氨酶", "", "", "ALT"}, {"*丙氨酸氨基转移酶(ALT)", "", bot.SpecimenBlood, "ALT"}, {"丙氨酸氨基转移酶（ALT）", "", "", "ALT"}, {"★ ＡＬＴ", "", "", "ALT"},
		{"什么", "1742-6", "", "ALT"}, {"葡萄糖", "", bot.SpecimenUrine, "U-GLU"}, {"尿葡萄糖", "", "", "U-GLU"}, {"葡萄糖", "", bot.SpecimenStool, ""}, {"尿素", "", "", "UREA"}, {"尿酸", "", "", "UA"},
		{"白细胞", "", bot.SpecimenStool, "S-WBC"}, {"白细胞", "", bot.SpecimenBlood, "WBC"}, {"白细胞", "", "", "WBC"}, {"白细胞", "", bot.SpecimenUrine, ""}, {"白细胞(镜检)", "", bot.SpecimenUrine, "U-WBC"}, {"白细胞(LEU)", "", bot.SpecimenUrine, "U-LEU"}, {"Potassium", "2823-3", bot.SpecimenUrine, ""}, {"新项目", "", "", ""},
		{"血小板压积(PCT)", "", "", "PLTCRIT"}, {"离子钙(Ca)", "", "", "ICA"}, {"前白蛋白", "", "", "PA"}, {"肌酐清除率(Cr)", "", "", ""},
		// Only within a known specimen: an acidity alone is neither of blood nor of urine.
		{"pH", "", "", ""}, {"pH", "", bot.SpecimenBlood, "PH"}, {"pH", "", bot.SpecimenUrine, "U-PH"}, {"隐血", "", bot.SpecimenStool, "S-OB"}, {"隐血", "", bot.SpecimenUrine, "U-BLD"}, {"TT", "", "", "TT"}, {"甲状腺球蛋白(TG)", "", "", "THG"}, {"降钙素原(PCT)", "", "", "PCT"},
		{"血清钾", "", "", "K"},
	}
	for _, x := range cases {
		if a, _ := c.Map(x.name, x.loinc, x.specimen); a.ID != x.want {
			t.Errorf("%s %s %s is %q, want %q", x.name, x.loinc, x.specimen, a.ID, x.want)
		}
	}
}

func TestTheCatalogueHoldsTheAnalytesTheirCodesAndProposals(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	if n := len(c.All()); n < 120 {
		t.Errorf("%d analytes, want 120", n)
	}
	for _, a := range c.All() {
		for _, u := range a.Units {
			if u.UCUM == "" && a.Scale == labs.ScaleQuantity {
				t.Errorf("%s has a unit without UCUM code", a.ID)
			}
			if ucum, possible := c.Unit(a, u.UCUM); ucum != u.UCUM || !possible {
				t.Errorf("%s: its own unit %s reads as %q, %v", a.ID, u.UCUM, ucum, possible)
			}
		}
		if _, ok := c.Map(a.Names[bot.Chinese], "", ""); !ok {
			t.Errorf("%s is not found by its own name", a.ID)
		}
	}
	proposals := c.CriticalProposals()
	if len(proposals) < 15 {
		t.Errorf("%d proposals", len(proposals))
	}
	for _, p := range proposals {
		if p.Source == "" || p.ApprovedBy != "" || p.Action < bot.TierToday || p.Low.Valid() && p.High.Valid() && p.Low.Cmp(p.High) >= 0 {
			t.Errorf("proposal %+v", p)
		}
	}
}

func FuzzStated(f *testing.F) {
	f.Add("血钾7.1 mmol/L（3.5-5.3），ALT 87")
	f.Add("白细胞 ×10⁹/L 3.5～9.5")
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range c.Mentions(text) {
			if m.Start < 0 || m.End > len(text) || m.Start >= m.End {
				t.Fatalf("span %d-%d of %d", m.Start, m.End, len(text))
			}
		}
		for _, fact := range c.Stated(bot.T(text)) {
			if !fact.Value.Number.Valid() {
				t.Fatal("a stated value without a number")
			}
		}
	})
}

func BenchmarkMentions(b *testing.B) {
	c := catalogue(b)
	for b.Loop() {
		c.Mentions("我妈的转氨酶和上次的血脂比怎么样，血钾7.1要紧吗？")
	}
}
