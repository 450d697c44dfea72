package labs_test

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/retrieval/embed"
	"careline/retrieval/labs"
)

// asStored leaves out what the database numbers, and in which order it gives it.
var asStored = gocmp.Options{
	same, cmpopts.IgnoreFields(bot.Patient{}, "ID"), cmpopts.IgnoreFields(bot.Report{}, "ID", "Patient"), cmpopts.IgnoreFields(bot.Result{}, "ID", "Report", "Patient"),
	cmpopts.SortSlices(func(a, b bot.Report) int { return strings.Compare(a.System+a.Number, b.System+b.Number) }),
	cmpopts.SortSlices(func(a, b bot.Identifier) int { return strings.Compare(a.System+a.Value, b.System+b.Value) }),
}

// throughTheDatabase stores files, exports their patients and reads that again:
// each must be as the file had it. It counts the results that came back.
func throughTheDatabase(t *testing.T, s *store.Store, db *postgres.DB, files ...bot.ImportFile) (compared int) {
	t.Helper()
	c := catalogue(t)
	finder := labs.NewFinder(db, c, embed.BuiltIn(c.Synonyms()))
	for _, f := range files {
		if _, err := s.SaveImport(t.Context(), hospital.ID, bot.Actor{Kind: "operator"}, f, now); err != nil {
			t.Fatal(err)
		}
		for _, p := range f.Patients {
			id, err := s.FindPatient(t.Context(), hospital.ID, p.Patient.Identifiers[0].Value)
			if err != nil {
				t.Fatal(err)
			}
			person, err := s.Patient(t.Context(), hospital.ID, bot.Actor{Kind: "operator"}, id, now)
			if err != nil {
				t.Fatal(err)
			}
			reports, err := finder.Reports(t.Context(), hospital, id, 1000)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			check(t, labs.WriteFHIR(&out, person, reports))
			again, err := labs.Parse(c, "export.json", &out, shanghai(t))
			if err != nil || len(again.Quarantine) > 0 || len(again.Patients) != 1 {
				t.Fatalf("%d patients, %+v, %v", len(again.Patients), again.Quarantine, err)
			}
			for _, r := range p.Reports {
				for i := range r.Results { // a result is stored with its report's laboratory where it names none
					r.Results[i].Laboratory = cmp.Or(r.Results[i].Laboratory, r.Laboratory)
				}
			}
			if diff := gocmp.Diff(p, again.Patients[0], asStored); diff != "" {
				t.Errorf("patient %s (-file +stored and exported):\n%s", p.Patient.Identifiers[0].Value, diff)
			}
			for _, r := range again.Patients[0].Reports {
				compared += len(r.Results)
			}
		}
	}
	return compared
}

func TestABundleComesBackFromTheDatabaseAsItWas(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	f, err := parse(t, "b.json", storedBundle)
	if err != nil || len(f.Quarantine) > 0 {
		t.Fatal(f.Quarantine, err)
	}
	if n := throughTheDatabase(t, s, db, f); n != 5 {
		t.Errorf("%d results came back", n)
	}
}

// storedBundle has what a database may lose: digits, open bounds, a value that is
// none, components, a release of its own, notes, methods, open-ended times.
const storedBundle = `{"resourceType":"Bundle","type":"collection","entry":[
 {"resource":{"resourceType":"Patient","id":"p","identifier":[{"type":{"coding":[{"code":"MR"}]},"system":"urn:oid:1","value":"T-2"},{"system":"urn:oid:2","value":"C-7"}],"gender":"female","birthDate":"1954-01-02","name":[{"text":"王小雨"}],"telecom":[{"system":"phone","value":"13800000000"}]}},
 {"resource":{"resourceType":"DiagnosticReport","id":"d","identifier":[{"system":"urn:lab","value":"R-1"}],"status":"final","code":{"text":"生化"},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-11-02T08:00:00+08:00","issued":"2026-11-02T10:00:00.120+08:00","performer":[{"display":"检验科"}],
  "result":[{"reference":"Observation/a"},{"reference":"Observation/b"},{"reference":"Observation/c"}]}},
 {"resource":{"resourceType":"Observation","id":"a","status":"corrected","code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}],"text":"钾"},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-11-02T08:00:00+08:00","issued":"2026-11-03T10:00:00Z","valueQuantity":{"value":5.00,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"},"referenceRange":[{"low":{"value":3.50},"high":{"value":5.30},"text":"3.50-5.30"}],"interpretation":[{"coding":[{"code":"N"}]}],"method":{"text":"ISE"},"note":[{"text":"复查"},{"text":"第二行"}]}},
 {"resource":{"resourceType":"Observation","id":"b","status":"final","code":{"text":"某种抗体"},"subject":{"reference":"Patient/p"},"valueQuantity":{"value":0.010,"comparator":"<","unit":"AU"},"referenceRange":[{"text":"<0.05"}],"component":[{"code":{"text":"部分一"},"valueString":"1:80"},{"code":{"text":"部分二"},"dataAbsentReason":{"coding":[{"code":"error"}]}}]}},
 {"resource":{"resourceType":"Observation","id":"c","status":"preliminary","code":{"text":"尿白细胞"},"subject":{"reference":"Patient/p"},"specimen":{"display":"尿"},"valueString":"阴性","referenceRange":[{"text":"阴性"}]}}]}`

func TestRealBundlesComeBackFromTheDatabaseAsTheyWere(t *testing.T) {
	t.Parallel()
	folder := shared(t, "fhir")
	if folder == "" {
		return
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*", "*.json"))
	check(t, err)
	slices.Sort(paths)
	compared := 0
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Size() > 1<<20 {
			continue // a few hundred results of each kind are enough
		}
		raw, err := os.ReadFile(path)
		check(t, err)
		f, err := labs.Parse(catalogue(t), filepath.Base(path), bytes.NewReader(raw), shanghai(t))
		if err != nil || len(f.Patients) == 0 || compared > 2000 {
			continue
		}
		s, db := storetest.New(t)
		compared += throughTheDatabase(t, s, db, f)
	}
	if compared < 100 {
		t.Errorf("only %d results were compared", compared)
	}
}
