package labs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
)

const csvHeader = "病历号,姓名,性别,出生日期,报告单号,报告时间,项目名称,结果,单位,参考范围,提示\n"

func TestACSVRowStaysAsPrintedAndIsUnderstood(t *testing.T) {
	t.Parallel()
	cases := []struct {
		row                                string
		analyte, value, unit, ucum, range_ string
		direction                          bot.Direction
		flag                               string
		conflict, problem                  bool
	}{
		{"谷丙转氨酶(ALT),87,U/L,7-40,↑", "ALT", "87", "U/L", "U/L", "7-40", bot.DirectionHigh, "↑", false, false},
		{"*丙氨酸氨基转移酶,87↑,IU/L,7～40,", "ALT", "87", "IU/L", "U/L", "7～40", bot.DirectionHigh, "↑", false, false},
		{"白细胞计数,5.0,×10⁹/L,3.5-9.5,", "WBC", "5.0", "×10⁹/L", "10*9/L", "3.5-9.5", bot.DirectionWithin, "", false, false},
		{"总胆固醇,5.31,mmol/L,<5.2,H", "TC", "5.31", "mmol/L", "mmol/L", "<5.2", bot.DirectionHigh, "H", false, false},
		{"葡萄糖,5.1,mmol／L,3.9--6.1,↑", "GLU", "5.1", "mmol／L", "mmol/L", "3.9--6.1", bot.DirectionUnknown, "↑", true, false},
		{"谷草转氨酶,30,mmol/L,13-35,", "AST", "30", "mmol/L", "mmol/L", "13-35", bot.DirectionUnknown, "", false, true},
		{"尿葡萄糖,阴性,,阴性,", "U-GLU", "阴性", "", "", "阴性", bot.DirectionWithin, "", false, false},
		{"乙肝表面抗原,阳性,,阴性,*", "HBSAG", "阳性", "", "", "阴性", bot.DirectionUnknown, "*", false, false},
		{"血红蛋白,128,g/L,男:130-175 女:115-150,", "HGB", "128", "g/L", "g/L", "男:130-175 女:115-150", bot.DirectionWithin, "", false, false},
		{"肌酐,58,μmol/L,,", "CREA", "58", "μmol/L", "umol/L", "", bot.DirectionUnknown, "", false, false},
	}
	for _, c := range cases {
		f, err := parse(t, "r.csv", csvHeader+"T-1,王小雨,女,1980-03-05,R-1,2026-11-02 09:00,"+c.row+"\n")
		r := only(t, f, err)
		if string(r.Analyte) != c.analyte || r.Value.Printed != c.value || r.Value.Unit != c.unit || r.Value.UCUM != c.ucum || r.Interval.Printed != c.range_ ||
			r.Direction != c.direction || r.Flag != c.flag || r.FlagConflict != c.conflict || r.UnitProblem != c.problem {
			t.Errorf("%s\n became %+v", c.row, r)
		}
	}
}

func TestACSVNamesThePatientByIdentifierAndKeepsTheTimeInTheInstitutionsZone(t *testing.T) {
	t.Parallel()
	f, err := parse(t, "r.csv", "\ufeff"+csvHeader+"T-1,王小雨,女,1980/3/5,R-1,2026年11月2日 09:00,肌酐,58,μmol/L,41-73,\nT-1,王小雨,女,1980/3/5,R-1,2026.11.2 09:00,尿素,4.1,mmol/L,2.6-7.5,\n")
	if err != nil {
		t.Fatal(err)
	}
	p := f.Patients[0]
	want := bot.Identifier{System: "csv", Type: "MR", Value: "T-1"}
	if len(f.Patients) != 1 || p.Patient.Identifiers[0] != want || p.Patient.Sex != bot.SexFemale || p.Patient.BirthDate != "1980-03-05" || p.Patient.Name.Plain() != "王小雨" {
		t.Errorf("patient %+v", p.Patient)
	}
	if len(p.Reports) != 1 || len(p.Reports[0].Results) != 2 || !p.Reports[0].IssuedAt.Equal(time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("reports %+v", p.Reports)
	}
}

func TestWhatCannotBeTrustedIsQuarantinedAndTheRestGoesIn(t *testing.T) {
	t.Parallel()
	f, err := parse(t, "r.csv", csvHeader+"T-1,,,,R-1,2026-11-02,肌酐,58,μmol/L,41-73,\n,,,,R-2,2026-11-02,肌酐,60,μmol/L,41-73,\nT-3,,,,R-3,gestern,肌酐,61,μmol/L,41-73,\n")
	if err != nil || len(f.Patients) != 1 || len(f.Quarantine) != 2 {
		t.Fatalf("%+v, %v", f, err)
	}
	if f.Quarantine[0].Position != "line 3" || f.Quarantine[0].Reason == "" || !strings.Contains(f.Quarantine[0].Payload.Plain(), "R-2") {
		t.Errorf("quarantined %+v", f.Quarantine[0])
	}
}

func TestALineThatMayHaveLostOrGainedACellIsQuarantined(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line        string
		quarantined int
	}{
		"whole":                    {"T-1,,,,R-1,2026-11-02,肌酐,58,μmol/L,41-73,\n", 0},
		"empty cells behind":       {"T-1,,,,R-1,2026-11-02,肌酐,58,μmol/L,41-73,,,\n", 1},
		"cut off in the value":     {"T-1,,,,R-1,2026-11-02,肌酐,5", 1},
		"a comma inside a number":  {"T-1,,,,R-1,2026-11-02,总胆固醇,5,31,mmol/L,<5.2,\n", 1},
		"an empty line in between": {"\n,,,,,,,,,,\n", 0},
	}
	for name, c := range cases {
		f, err := parse(t, "r.csv", csvHeader+c.line)
		if err != nil || len(f.Quarantine) != c.quarantined {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

func TestALineAboutSomebodyElseUnderTheSameNumberIsQuarantined(t *testing.T) {
	t.Parallel()
	first := "T-1,,女,1980-03-05,R-1,2026-11-02,肌酐,58,μmol/L,41-73,\n"
	cases := []struct {
		line string
		same bool
	}{
		{"T-1,,女,1980-03-05,R-2,2026-11-02,肌酐,58,μmol/L,41-73,\n", true},
		{"T-1,,,,R-2,2026-11-02,肌酐,58,μmol/L,41-73,\n", true},
		{"T-1,,男,1980-03-05,R-2,2026-11-02,肌酐,58,μmol/L,41-73,\n", false},
		{"T-1,,女,1951-03-05,R-2,2026-11-02,肌酐,58,μmol/L,41-73,\n", false},
	}
	for _, c := range cases {
		f, err := parse(t, "r.csv", csvHeader+first+c.line)
		if err != nil || len(f.Patients) != 1 || (len(f.Quarantine) == 0) != c.same {
			t.Errorf("%s: %+v, %v", c.line, f, err)
		}
	}
}

func TestSeparatorsHeadersAndDatesOfOtherLaboratoriesAreRead(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 2, 1, 5, 0, 0, time.UTC)
	cases := map[string]string{
		"semicolons, decimal points": "MRN;Report No;Report Time;Test;Result;Unit;Reference Range\nT-1;R-1;2026-11-02 09:05;Creatinine;58;umol/L;41-73\n",
		"tabs":                       "患者编号\t报告编号\t审核时间\t检验项目\t检验结果\t结果单位\t参考区间\nT-1\tR-1\t2026/11/2 09:05\t肌酐\t58\tumol/L\t41-73\n",
		"full-width digits":          "病历号,报告单号,报告时间,项目名称,结果,单位,参考范围\nT-1,R-1,２０２６年１１月２日 09:05,肌酐,58,umol/L,41-73\n",
		"compact time":               "病历号,报告单号,检验时间,项目名称,结果,单位,参考范围\r\nT-1,R-1,202611020905,肌酐,58,umol/L,41-73\r\n",
		"dots":                       "病历号,报告单号,检验时间,项目名称,结果,单位,参考范围\nT-1,R-1,2026.11.2 09:05,肌酐,58,umol/L,41-73\n",
		"collection time alone":      "病历号,报告单号,采样时间,项目名称,结果,单位,参考范围\nT-1,R-1,2026-11-02 09:05:00,肌酐,58,umol/L,41-73\n",
		"collected and reported":     "病历号,报告单号,采样时间,报告时间,项目名称,结果,单位,参考范围\nT-1,R-1,2026-11-02 09:05:00,2026-11-02 17:00,肌酐,58,umol/L,41-73\n",
	}
	for name, content := range cases {
		f, err := parse(t, "r.csv", content)
		r := only(t, f, err)
		if r.Analyte != "CREA" || r.Direction != bot.DirectionWithin || !r.EffectiveAt.Equal(want) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestAResultIsNamedTheSameEachTimeItsFileComes(t *testing.T) {
	t.Parallel()
	content := csvHeader + "T-1,,,,R-1,2026-11-02,肌酐,58,,,\nT-1,,,,R-1,2026-11-02,肌酐,59,,,\nT-2,,,,R-1,2026-11-02,肌酐,60,,,\nT-1,,,,,2026-11-02,肌酐,61,,,\n"
	first, err := parse(t, "r.csv", content)
	if err != nil {
		t.Fatal(err)
	}
	second, err := parse(t, "r.csv", content)
	if err != nil {
		t.Fatal(err)
	}
	names := func(f bot.ImportFile) (all []string) {
		for _, p := range f.Patients {
			for _, r := range p.Reports {
				for _, x := range r.Results {
					all = append(all, r.System+" "+r.Number+" "+x.SourceID)
				}
			}
		}
		return all
	}
	want := []string{"csv R-1 肌酐", "csv R-1 肌酐/2", "csv T-1/2026-11-01T16:00:00Z 肌酐", "csv R-1 肌酐"}
	if d := cmp.Diff(want, names(first)); d != "" || cmp.Diff(names(first), names(second)) != "" {
		t.Error(d)
	}
}
