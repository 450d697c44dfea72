package labs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"careline/bot"
	"careline/retrieval/labs"
)

func catalogue(t testing.TB) *labs.Catalogue {
	t.Helper()
	c, err := labs.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func shanghai(t testing.TB) labs.Options {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return labs.Options{Location: zone}
}

func parse(t testing.TB, name, content string) (bot.ImportFile, error) {
	t.Helper()
	return labs.Parse(catalogue(t), name, strings.NewReader(content), shanghai(t))
}

// only is the one result of a file.
func only(t testing.TB, f bot.ImportFile, err error) bot.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Patients) != 1 || len(f.Patients[0].Reports) != 1 || len(f.Patients[0].Reports[0].Results) != 1 {
		t.Fatalf("not one result: %+v", f)
	}
	return f.Patients[0].Reports[0].Results[0]
}

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
		{"尿葡萄糖,阴性,,阴性,", "", "阴性", "", "", "阴性", bot.DirectionWithin, "", false, false},
		{"乙肝表面抗原,阳性,,阴性,*", "", "阳性", "", "", "阴性", bot.DirectionUnknown, "*", false, false},
		{"血红蛋白,128,g/L,男:130-175 女:115-150,", "HGB", "128", "g/L", "g/L", "男:130-175 女:115-150", bot.DirectionUnknown, "", false, false},
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

func TestAMalformedFileIsRefusedWholeWithOneSentence(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(csvHeader + "T-1,王小雨,女,1980-03-05,R-1,2026-11-02,肌酐,58,μmol/L,41-73,\n")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ content, says string }{
		"empty":        {"  \n", "empty"},
		"half JSON":    {`{"resourceType":"Bundle","entry":[`, "broken"},
		"two values":   {`{"resourceType":"Bundle"} {}`, "broken"},
		"other JSON":   {`{"resourceType":"Medication"}`, "FHIR"},
		"deep JSON":    {strings.Repeat(`{"a":[`, 5000), "nested"},
		"a letter":     {"Dear doctor, please find my results attached.", "column"},
		"no item":      {"病历号,结果,报告时间\nT-1,5,2026-11-02\n", "项目名称"},
		"open quote":   {csvHeader + "T-1,\"王", "Line 2"},
		"GB18030":      {gb, "GB18030"},
		"binary":       {"PK\x03\x04\x00\x00", "UTF-8"},
		"UTF-16":       {"\xff\xfe1\x00", "UTF-8"},
		"list of JSON": {`[1,2]`, "broken"},
	}
	for name, c := range cases {
		f, err := parse(t, "file", c.content)
		if bot.KindOf(err) != bot.KindInvalid || !strings.Contains(err.(*bot.Error).Person, c.says) || len(f.Patients) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func observation(value string) string {
	return `{"resourceType":"Bundle","type":"collection","entry":[
	 {"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","id":"p","identifier":[{"type":{"coding":[{"code":"MR"}]},"system":"urn:oid:1","value":"T-2"}],"gender":"female","birthDate":"1954-01"}},
	 {"resource":{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}],"text":"钾"},"subject":{"reference":"urn:uuid:p"},"effectiveDateTime":"2026-11-02T08:00:00+08:00",` + value + `}}]}`
}

func TestAFHIRObservationKeepsItsDigitsAndAMissingValueIsNoZero(t *testing.T) {
	t.Parallel()
	cases := []struct {
		json, value, comparator, interval string
		direction                         bot.Direction
		absent                            string
	}{
		{`"valueQuantity":{"value":5.0,"unit":"mmol/L"},"referenceRange":[{"low":{"value":3.5},"high":{"value":5.3}}]`, "5.0", "", "3.5-5.3", bot.DirectionWithin, ""},
		{`"valueQuantity":{"value":7.1,"unit":"mmol/L"},"referenceRange":[{"low":{"value":3.50},"high":{"value":5.30},"text":"3.5 - 5.3"}]`, "7.1", "", "3.5 - 5.3", bot.DirectionHigh, ""},
		{`"valueQuantity":{"value":2,"comparator":"<","unit":"mmol/L"},"referenceRange":[{"text":"3.5-5.3"}]`, "2", "<", "3.5-5.3", bot.DirectionLow, ""},
		{`"dataAbsentReason":{"coding":[{"code":"error"}]}`, "", "", "", bot.DirectionUnknown, "error"},
		{`"valueString":"haemolysed, see note"`, "haemolysed, see note", "", "", bot.DirectionUnknown, ""},
		{`"valueCodeableConcept":{"text":"阴性"},"referenceRange":[{"text":"阴性"}]`, "阴性", "", "阴性", bot.DirectionWithin, ""},
		{`"valueQuantity":{"value":4.1,"unit":"mmol/L"},"referenceRange":[{"low":{"value":1},"high":{"value":2},"appliesTo":[{"text":"male"}]},{"low":{"value":3.5},"high":{"value":5.3},"appliesTo":[{"text":"female"}]}]`, "4.1", "", "3.5-5.3", bot.DirectionWithin, ""},
		{`"valueQuantity":{"value":4.1,"unit":"mmol/L"},"referenceRange":[{"low":{"value":1},"high":{"value":2},"age":{"low":{"value":1}}},{"low":{"value":3.5},"high":{"value":5.3},"age":{"low":{"value":18}}}]`, "4.1", "", "1-2; 3.5-5.3", bot.DirectionUnknown, ""},
	}
	for _, c := range cases {
		f, err := parse(t, "o.json", observation(c.json))
		r := only(t, f, err)
		if r.Value.Printed != c.value || r.Value.Comparator != c.comparator || r.Interval.Printed != c.interval || r.Direction != c.direction || r.AbsentReason != c.absent || r.Analyte != "K" || r.Code != "2823-3" {
			t.Errorf("%s\nbecame %+v", c.json, r)
		}
		if p := f.Patients[0].Patient; p.BirthDate != "1954-01" || p.Identifiers[0] != (bot.Identifier{System: "urn:oid:1", Type: "MR", Value: "T-2"}) {
			t.Errorf("patient %+v", p)
		}
	}
}

// shared is the folder of real data, "" when it is not there to be read.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("CARELINE_SHARED")
	if root == "" {
		t.Log("CARELINE_SHARED is not set: the real files were not read")
		return ""
	}
	folder := filepath.Join(append([]string{root, "data"}, parts...)...)
	if _, err := os.Stat(folder); err != nil {
		t.Fatalf("CARELINE_SHARED is set and %v", err)
	}
	return folder
}

func TestRealFHIRFilesGoIn(t *testing.T) {
	t.Parallel()
	folder := shared(t, "fhir")
	if folder == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(folder, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := labs.Parse(catalogue(t), filepath.Base(path), bytes.NewReader(raw), shanghai(t))
		if err != nil && bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		results, mapped := 0, 0
		for _, p := range f.Patients {
			for _, r := range p.Reports {
				for _, x := range r.Results {
					results++
					if x.Analyte != "" {
						mapped++
					}
					if x.Value.Printed != "" && !bytes.Contains(raw, []byte(strings.Split(x.Value.Printed, ":")[0])) {
						t.Errorf("%s: the value %q is not in the file", filepath.Base(path), x.Value.Printed)
					}
				}
			}
		}
		if strings.Contains(path, "synthea") && !strings.Contains(path, "Clemente") && mapped == 0 {
			t.Errorf("%s: %d results, none of them known", filepath.Base(path), results)
		}
		t.Logf("%s: %d results, %d mapped, %d quarantined, %v", filepath.Base(path), results, mapped, len(f.Quarantine), err)
	}
}

func TestIntervalsAndDirections(t *testing.T) {
	t.Parallel()
	cases := []struct {
		interval, value, comparator string
		want                        bot.Direction
	}{
		{"3.5-9.5", "9.5", "", bot.DirectionWithin}, {"3.5-9.5", "9.6", "", bot.DirectionHigh}, {"3.5-9.5", "3.4", "", bot.DirectionLow},
		{"1.003 ~ 1.03", "1.02", "", bot.DirectionWithin}, {"<5.2", "5.2", "", bot.DirectionHigh}, {"≤5.2", "5.2", "", bot.DirectionWithin},
		{">300", "300", "", bot.DirectionLow}, {"≥60", "60", "", bot.DirectionWithin}, {"0～6.8 μmol/L", "7", "", bot.DirectionHigh},
		{"阴性", "5", "", bot.DirectionUnknown}, {"3-10", "5", "<", bot.DirectionUnknown}, {"3-10", "3", "<", bot.DirectionLow}, {"3-10", "10", ">", bot.DirectionHigh},
		{"<0.5", "0.1", "<", bot.DirectionWithin}, {"10-3", "5", "", bot.DirectionUnknown}, {"-2.5-2.5", "0", "", bot.DirectionWithin},
	}
	for _, c := range cases {
		v := bot.Value{Number: bot.MustDecimal(c.value), Comparator: c.comparator}
		if got := labs.Direction(v, labs.ParseInterval(c.interval)); got != c.want {
			t.Errorf("%s%s against %s: %s, want %s", c.comparator, c.value, c.interval, got, c.want)
		}
	}
}

func TestAnIntervalOfTwoNumbersComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		low, high := rapid.IntRange(0, 1000).Draw(t, "low"), rapid.IntRange(0, 1000).Draw(t, "more")
		separator := rapid.SampledFrom([]string{"-", "--", "~", "～", " - ", "—", "–", "至"}).Draw(t, "separator")
		i := labs.ParseInterval(fmt.Sprintf("%d%s%d", low, separator, low+high))
		if i.Low.String() != fmt.Sprint(low) || i.High.String() != fmt.Sprint(low+high) {
			t.Fatalf("%q became %s, %s", i.Printed, i.Low, i.High)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(csvHeader + "T-1,王小雨,女,1980-03-05,R-1,2026-11-02,肌酐,58↑,μmol/L,41-73,H\n")
	f.Add(observation(`"valueQuantity":{"value":5.0}`))
	f.Add(`{"resourceType":"DiagnosticReport","contained":[{"resourceType":"Observation","id":"a","hasMember":[{"reference":"#a"}]}],"result":[{"reference":"#a"}]}`)
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, content string) {
		file, err := labs.Parse(c, "fuzz", strings.NewReader(content), labs.Options{})
		if err != nil && len(file.Patients) > 0 {
			t.Error("a refused file left patients")
		}
		for _, p := range file.Patients {
			if len(p.Patient.Identifiers) == 0 {
				t.Error("a patient without identifier")
			}
		}
	})
}

func TestTheDemoGoesInWithoutQuarantine(t *testing.T) {
	t.Parallel()
	files, err := labs.DemoFiles(time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, file := range files {
		f, err := labs.Parse(catalogue(t), file.Name, bytes.NewReader(file.Content), shanghai(t))
		if err != nil || len(f.Quarantine) > 0 {
			t.Fatalf("%s: %+v, %v", file.Name, f.Quarantine, err)
		}
		for _, p := range f.Patients {
			known[p.Patient.Identifiers[0].Value] = true
			for _, r := range p.Reports {
				for _, x := range r.Results {
					if x.Analyte == "" || x.FlagConflict || x.UnitProblem || x.Direction == bot.DirectionUnknown {
						t.Errorf("%s of %s is not understood: %+v", x.Name, r.Number, x)
					}
				}
			}
		}
	}
	for _, p := range labs.DemoPeople() {
		if !known[p.Identifier] {
			t.Errorf("%s has no reports", p.Key)
		}
	}
}
