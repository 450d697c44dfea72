package labs_test

import (
	"strings"
	"testing"

	"careline/bot"
	"careline/retrieval/labs"
)

// trusted checks what holds of every file that was read, whatever was in it.
func trusted(t *testing.T, f bot.ImportFile, err error) {
	t.Helper()
	if err != nil && (bot.KindOf(err) != bot.KindInvalid || len(f.Patients)+len(f.Quarantine) > 0) {
		t.Fatalf("a refused file left something, or no sentence: %v", err)
	}
	for _, p := range f.Patients {
		if len(p.Patient.Identifiers) == 0 {
			t.Error("a patient without identifier")
		}
		for _, r := range p.Reports {
			if r.System == "" || r.Number == "" || r.Status == "" {
				t.Errorf("a report without a name or status: %+v", r)
			}
			for _, x := range r.Results {
				if x.SourceID == "" || x.Name == "" || x.Status == "" || x.Value.Printed == "" && x.AbsentReason == "" {
					t.Errorf("half a result: %+v", x)
				}
				if x.Direction != bot.DirectionUnknown && (x.UnitProblem || x.FlagConflict) {
					t.Errorf("a doubtful result is judged: %+v", x)
				}
				if strings.ContainsRune(x.SourceID+x.Name+x.Value.Printed+x.Value.Unit+x.Interval.Printed+x.Flag+string(x.Status), 0) {
					t.Errorf("a result the database cannot hold: %+v", x)
				}
			}
		}
	}
}

func FuzzFHIR(f *testing.F) {
	f.Add(observation(`"valueQuantity":{"value":5.0}`))
	f.Add(`{"resourceType":"DiagnosticReport","contained":[{"resourceType":"Observation","id":"a","hasMember":[{"reference":"#a"}]}],"result":[{"reference":"#a"}]}`)
	f.Add(bundleOf(woman, man, potassium("k", `,"subject":{"reference":"http://a/fhir/Patient/p"}`)))
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, content string) {
		file, err := labs.Parse(c, "fuzz.json", strings.NewReader(content), labs.Options{})
		trusted(t, file, err)
	})
}

func FuzzCSV(f *testing.F) {
	f.Add(csvHeader + "T-1,王小雨,女,1980-03-05,R-1,2026-11-02,肌酐,58↑,μmol/L,41-73,H\n")
	f.Add("mrn;date;item;result\n1;2026-11-02;ALT;<5\n")
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, content string) {
		file, err := labs.Parse(c, "fuzz.csv", strings.NewReader(content), labs.Options{})
		trusted(t, file, err)
	})
}

func FuzzInterval(f *testing.F) {
	for _, s := range []string{"3.5-9.5", "<5.2", "阴性", "1.003 ~ 1.03", "-2.5--1.0"} {
		f.Add(s, "87↑")
	}
	f.Fuzz(func(t *testing.T, printed, value string) {
		i := labs.ParseInterval(printed)
		if i.Printed != strings.TrimSpace(printed) {
			t.Errorf("%q is kept as %q", printed, i.Printed)
		}
		v, _ := labs.ParseValue(value, "")
		if labs.Direction(v, i) != bot.DirectionUnknown && !i.Usable() {
			t.Errorf("%q is judged by %q", value, printed)
		}
	})
}
