package labs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
	"careline/retrieval/labs"
)

func TestAPrintedUnitIsReadAsItsAnalytesOrNotUsed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		analyte, printed, ucum string
		possible               bool
	}{
		{"WBC", "10^9/L", "10*9/L", true}, {"WBC", "×10⁹/L", "10*9/L", true}, {"WBC", "10*9/L", "10*9/L", true}, {"WBC", "G/L", "10*9/L", true}, {"WBC", "x10(9)/L", "10*9/L", true},
		{"HGB", "g/l", "g/L", true}, {"HGB", "gm/dl", "g/dL", true},
		{"CREA", "umol/l", "umol/L", true}, {"CREA", "μmol/L", "umol/L", true}, {"CREA", "µmol/L", "umol/L", true}, {"CREA", "mg/dL", "mg/dL", true},
		{"K", "mmol／L", "mmol/L", true}, {"K", "ｍｍｏｌ/L", "mmol/L", true},
		{"ALT", "U/L", "U/L", true}, {"ALT", "IU/L", "U/L", true}, {"ALT", "", "", true}, {"ALT", "  ", "", true},
		{"TSH", "uIU/mL", "u[IU]/mL", true}, {"TSH", "mIU/L", "m[IU]/L", true},
		{"ALT", "mmol/L", "mmol/L", false}, {"K", "g/L", "g/L", false}, {"K", "furlong", "", false},

		// One spelling, two meanings: the analyte says which.
		{"HGB", "G/L", "g/L", true}, {"RBC", "T/L", "10*12/L", true}, {"PLT", "g/l", "g/L", false}, {"EGFR", "ml/min", "mL/min/{1.73_m2}", true},

		// A unit of the same kind as a listed one, converted exactly.
		{"K", "mmol/dL", "mmol/dL", true}, {"HGB", "mg/L", "mg/L", true}, {"ALT", "ukat/L", "ukat/L", true}, {"ALT", "nkat/L", "nkat/L", true}, {"WBC", "{cells}/uL", "{cells}/uL", true},
		{"WBC", "/uL", "/uL", true}, {"WBC", "个/μl", "/uL", true}, {"HCT", "‰", "[ppth]", true}, {"ESR", "cm/h", "cm/h", true}, {"PT", "min", "min", true}, {"DD", "ng/L FEU", "ng{FEU}/L", true},

		// A unit of another kind.
		{"AST", "mmol/L", "mmol/L", false}, {"AST", "g/L", "g/L", false}, {"HGB", "mmol/L", "mmol/L", false}, {"K", "mg/dL", "mg/dL", false}, {"WBC", "mmol/L", "mmol/L", false},
		{"WBC", "/HP", "/[HPF]", false}, {"DD", "ug/L DDU", "ug{DDU}/L", true}, {"TSH", "ukat/L", "ukat/L", false}, {"CREA", "mosm/L", "mosm/L", false}, {"CA", "mg/24h", "mg/(24.h)", false},
		{"INR", "%", "%", false}, {"ALT", "10^9/L", "10*9/L", false}, {"K", "秒", "s", false},

		// No unit at all.
		{"K", "6·37", "", false}, {"K", "6.37", "", false}, {"K", "见报告", "", false}, {"HCT", "6.37", "", false}, {"K", "as", "", false}, {"K", strings.Repeat("mmol/", 500), "", false},
	}
	c := catalogue(t)
	for _, x := range cases {
		if ucum, possible := c.Unit(analyte(t, x.analyte), x.printed); ucum != x.ucum || possible != x.possible {
			t.Errorf("%q of %s is %q, %v", x.printed, x.analyte, ucum, possible)
		}
	}
}

func analyte(t testing.TB, id string) labs.Analyte {
	t.Helper()
	a, ok := catalogue(t).Analyte(bot.AnalyteID(id))
	if !ok {
		t.Fatalf("no analyte %s", id)
	}
	return a
}

// printed are spellings seen on reports, by the UCUM code each means first of all.
var printed = map[string][]string{
	"10*9/L":           {"10^9/L", "×10⁹/L", "x10^9/L", "10*9/L", "10E9/L", "10e9/L", "10E+9/L", "X10(9)/L", "× 10^9 / L", "10**9/L", "giga.l-1", "GIGA/L", "10⁹/L", "×10＾9／Ｌ"},
	"10*12/L":          {"10^12/L", "×10¹²/L", "10E12/L", "tera.l-1", "x10^12/l", "TERA/L"},
	"10*3/uL":          {"10^3/uL", "K/uL", "10³/μL", "thou/uL", "x10^3/µL", "10E3/UL", "thousand/uL"},
	"10*4/uL":          {"万/μL", "万/ul", "10^4/uL"},
	"10*6/uL":          {"10^6/uL", "M/uL", "million per microliter", "million/uL", "百万/μL", "mill/ul"},
	"10*6/L":           {"10^6/L", "×10⁶/L", "10E6/L"},
	"g/L":              {"g/L", "g/l", "G/L", "gm/L", "g/l-1", "g.l-1", "ｇ／Ｌ", "克/升"},
	"g/dL":             {"g/dL", "gm/dl", "GM/DL", "g/100ml", "g%"},
	"mg/dL":            {"mg/dL", "mg/dl", "MG/DL", "mg%", "mg/100ml", "毫克/分升", "㎎/dL"},
	"mg/L":             {"mg/L", "mg/l", "MG/L", "mg.L-1", "mg / L", "mg/L(计算值)", "mg/L (serum)", "mg/L【血清】"},
	"ug/L":             {"ug/L", "μg/L", "µg/L", "mcg/L", "UG/L"},
	"ng/mL":            {"ng/mL", "ng/ml", "NG/ML"},
	"ng/dL":            {"ng/dl", "NG/DL"},
	"pg/mL":            {"pg/ml", "PG/ML", "pg.ml-1"},
	"mmol/L":           {"mmol/L", "mmol/l", "MMOL/L", "mmol／L", "ｍｍｏｌ／Ｌ", "mM", "mmol.l-1", "毫摩尔/升", "mmol per litre", "mmol/L(空腹)"},
	"umol/L":           {"umol/l", "umol/L", "μmol/L", "µmol/L", "UMOL/L", "umo1/L", "μM", "微摩尔/升"},
	"nmol/L":           {"nmol/L", "NMOL/L", "nM"},
	"pmol/L":           {"pmol/L", "pmol/l"},
	"mmol/mol":         {"mmol/mol"},
	"meq/L":            {"mEq/L", "meq/l", "MEQ/L", "mval/L"},
	"U/L":              {"U/L", "u/l", "IU/L", "iu/l", "U.L-1"},
	"[IU]/mL":          {"IU/ml", "IU/mL", "[iU]/mL", "[IU]/mL"},
	"m[IU]/L":          {"mIU/L", "mU/L", "MIU/L", "m[iU]/L"},
	"m[IU]/mL":         {"mIU/ml", "mU/mL"},
	"u[IU]/mL":         {"uIU/ml", "μIU/mL", "µIU/mL", "uU/mL", "UIU/ML"},
	"kU/L":             {"kU/L", "KU/L"},
	"ukat/L":           {"ukat/L", "μkat/L", "µkat/l"},
	"[arb'U]/mL":       {"AU/ml", "AU/mL"},
	"{RU}/mL":          {"RU/ml", "RU/mL"},
	"[BAU]/mL":         {"BAU/mL"},
	"[CFU]/mL":         {"CFU/ml", "cfu/mL"},
	"{copies}/mL":      {"cp/ml", "copies/mL", "Copies/ml", "拷贝/ml"},
	"{s_co_ratio}":     {"S/CO", "s/co", "Ｓ／ＣＯ"},
	"{COI}":            {"COI", "coi"},
	"{ratio}":          {"ratio", "Ratio", "比值"},
	"{cells}/uL":       {"{cells}/uL", "cells/uL", "cells/μL"},
	"/[HPF]":           {"/HP", "/HPF", "个/HP", "个/HPF", "/hpf", "/高倍视野"},
	"/[LPF]":           {"/LP", "个/LPF", "/LPF"},
	"/uL":              {"/ul", "/uL", "个/μl", "个/uL", "个/微升", "/mm3"},
	"mosm/kg":          {"mOsm/kg", "mosm/kg", "mOsm/kgH2O", "mOsm/kg H2O"},
	"mm[Hg]":           {"mmHg", "mmhg", "MMHG", "毫米汞柱"},
	"kPa":              {"kPa", "KPA", "kpa", "千帕"},
	"s":                {"秒", "sec", "s", "S", "seconds"},
	"mm/h":             {"mm/h", "mm/1h", "mm/hr", "MM/H", "mm/小时", "mm/60min"},
	"fL":               {"fl", "fL", "FL", "um^3"},
	"pg":               {"pg", "Pg", "PG"},
	"%":                {"%", "％", "percent"},
	"[ppth]":           {"‰"},
	"{INR}":            {"INR", "inr"},
	"[pH]":             {"pH", "PH"},
	"Cel":              {"℃", "°C", "摄氏度"},
	"/min":             {"次/分", "次/min", "bpm", "次/分钟"},
	"mL/min":           {"ml/min", "mL/min", "ML/MIN"},
	"mL/min/{1.73_m2}": {"mL/min/1.73m2", "ml/min/1.73m²", "ML/MIN/1.73M2", "mL/(min·1.73m2)", "ml/min/1.73 m^2"},
	"mg{FEU}/L":        {"mg/L FEU", "mg/L(FEU)", "mgFEU/L", "mg/L [FEU]"},
	"ng{FEU}/mL":       {"ng/ml FEU", "ng/mL(FEU)"},
	"ug{FEU}/mL":       {"ug/mL FEU", "μg/ml(FEU)"},
	"ug{DDU}/L":        {"ug/L DDU", "μg/L(DDU)"},
	"mg/(24.h)":        {"mg/24h", "mg/24hr", "mg/24小时", "MG/24H", "mg/(24h)"},
	"g/(24.h)":         {"g/24h", "g/24hrs"},
	"mmol/(24.h)":      {"mmol/24h", "mmol/24小时"},
	"mL/(24.h)":        {"ml/24h"},
	"mg/d":             {"mg/d", "mg/day", "毫克/天"},
	"mg/g{creat}":      {"mg/g·Cr", "mg/gCr", "mg/g Cr", "mg/g.cr", "mg/g{creat}", "mg/g肌酐"},
	"mg/mmol{creat}":   {"mg/mmol Cr", "mg/mmol·Cr", "mg/mmol(Cr)"},
	"umol/mmol{creat}": {"umol/mmol Cr", "μmol/mmol·Cr"},
	"U/mL":             {"U/ml", "u/mL"},
	"kg/m2":            {"kg/m2", "kg/m²"},
}

func TestHowPrintersSpellUnits(t *testing.T) {
	t.Parallel()
	c, count := catalogue(t), 0
	for ucum, spellings := range printed {
		for _, spelling := range spellings {
			if got := c.FirstMeaning(spelling); got != ucum {
				t.Errorf("%q is %q, want %q", spelling, got, ucum)
			}
			count++
		}
		if got := c.FirstMeaning(ucum); len(spellings) > 0 && c.FirstMeaning(got) != got {
			t.Errorf("%q is read as %q, and that as %q", ucum, got, c.FirstMeaning(got))
		}
	}
	if count < 150 {
		t.Errorf("only %d spellings", count)
	}
}

func TestWhatIsNoUnitHasNoMeaning(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"6·37", "6.37", "5.0", "", " ", "/", "阴性", "见报告", "mmol/", "mg/L (as P)", "10^", "--", "1:80", "+", "(FEU)", "\x00", "mg/L/"} {
		if got := catalogue(t).FirstMeaning(text); got != "" {
			t.Errorf("%q is %q", text, got)
		}
	}
}

func TestAPrintedUnitAndItsCodeAgreeWhereTheyMayMeanTheSame(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{{"kU/L", "k[IU]/L"}, {"G/L", "10*9/L"}, {"U/mL", "[arb'U]/mL"}, {"IU/mL", "U/mL"}, {"IU/L", "[IU]/L"}, {"mU/L", "m[IU]/L"}, {"个/μl", "/uL"}, {"mg/24h", "mg/(24.h)"}} {
		if !catalogue(t).SpellingsAgree(same[0], same[1]) || !catalogue(t).SpellingsAgree(same[1], same[0]) {
			t.Errorf("%q and %q do not agree", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"mmol/L", "mg/dL"}, {"g/l", "10*9/L"}, {"mg/L FEU", "mg/L"}, {"K", "furlong"}, {"", ""}} {
		if catalogue(t).SpellingsAgree(other[0], other[1]) {
			t.Errorf("%q and %q agree", other[0], other[1])
		}
	}
}

func TestACodeAndAUnitOfAnotherKindDoNotFit(t *testing.T) {
	t.Parallel()
	cases := []struct {
		analyte, loinc, ucum string
		fits                 bool
	}{
		{"GLU", "14749-6", "mmol/L", true}, {"GLU", "2345-7", "mg/dL", true}, {"GLU", "2345-7", "mmol/L", false}, {"GLU", "14749-6", "mg/dL", false}, {"GLU", "2345-7", "g/L", true},
		{"CREA", "14682-9", "mg/dL", false}, {"CREA", "2160-0", "umol/L", false}, {"HGB", "718-7", "g/dL", true}, {"HGB", "718-7", "mg/L", true}, {"DD", "48065-7", "mg/L", true}, {"DD", "48065-7", "mg{FEU}/L", true},
		{"DD", "48065-7", "mg{DDU}/L", false}, {"GLU", "718-7", "mmol/L", true}, {"GLU", "", "mg/dL", true}, {"GLU", "2345-7", "", true}, {"GLU", "2345-7", "furlong", true},
	}
	for _, x := range cases {
		if got := catalogue(t).CodeFitsUnit(analyte(t, x.analyte), x.loinc, x.ucum); got != x.fits {
			t.Errorf("%s with %s in %s fits: %v", x.analyte, x.loinc, x.ucum, got)
		}
	}
}

func TestASpellingIsReadTheSameAgain(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for _, a := range c.All() {
		for _, spellings := range printed {
			for _, spelling := range spellings {
				ucum, possible := c.Unit(a, spelling)
				if ucum == "" {
					continue
				}
				again, still := c.Unit(a, ucum)
				if diff := cmp.Diff([]any{ucum, possible}, []any{again, still}); diff != "" {
					t.Errorf("%q of %s (-first +again):\n%s", spelling, a.ID, diff)
				}
			}
		}
	}
}

func BenchmarkUnit(b *testing.B) {
	c, a := catalogue(b), analyte(b, "CREA")
	for _, spelling := range []string{"umol/L", "μmol/L", "mg/dL", "ＵＭＯＬ/L", "nmol/dL"} {
		b.Run(spelling, func(b *testing.B) {
			for b.Loop() {
				if _, possible := c.Unit(a, spelling); !possible {
					b.Fatal(spelling)
				}
			}
		})
	}
}

func BenchmarkLoadCatalogue(b *testing.B) {
	for b.Loop() {
		if _, err := labs.LoadCatalogue(); err != nil {
			b.Fatal(err)
		}
	}
}
