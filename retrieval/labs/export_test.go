package labs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/samply/golang-fhir-models/fhir-models/fhir"
	"pgregory.net/rapid"

	"careline/bot"
	"careline/retrieval/labs"
)

// same compares whole files; a Text is compared by its words.
var same = cmp.Options{
	cmp.Comparer(func(a, b bot.Text) bool { return a.Plain() == b.Plain() }), cmp.Comparer(func(a, b bot.Decimal) bool { return a.String() == b.String() }),
	cmpopts.EquateEmpty(),
}

type failing interface {
	Helper()
	Fatalf(string, ...any)
}

// thereAndBack writes a patient and reads them again, twice.
func thereAndBack(t failing, c *labs.Catalogue, p bot.ImportPatient) {
	t.Helper()
	write := func(p bot.ImportPatient) []byte {
		var out bytes.Buffer
		if err := labs.WriteFHIR(&out, p.Patient, p.Reports); err != nil {
			t.Fatalf("%v", err)
		}
		return out.Bytes()
	}
	first := write(p)
	valid(t, first)
	f, err := labs.Parse(c, "export.json", bytes.NewReader(first), labs.Options{})
	if err != nil || len(f.Quarantine) > 0 || len(f.Patients) != 1 {
		t.Fatalf("%d patients, %+v, %v\n%s", len(f.Patients), f.Quarantine, err, first)
	}
	if diff := cmp.Diff(p, f.Patients[0], same); diff != "" {
		t.Fatalf("what comes back differs (-before +after):\n%s", diff)
	}
	if second := write(f.Patients[0]); !bytes.Equal(first, second) {
		t.Fatalf("the second export differs:\n%s", cmp.Diff(string(first), string(second)))
	}
}

// valid checks an export against FHIR R4's structure: no field it does not know,
// codes of required bindings, and what must be there.
func valid(t failing, raw []byte) {
	t.Helper()
	var bundle struct {
		ResourceType, Type string
		Entry              []struct {
			FullURL  string
			Resource json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &bundle); err != nil || bundle.ResourceType != "Bundle" || bundle.Type != "collection" {
		t.Fatalf("no collection: %v", err)
	}
	seen := map[string]bool{}
	for _, e := range bundle.Entry {
		var head struct {
			ResourceType, ID, Status string
			Code                     json.RawMessage
		}
		if err := json.Unmarshal(e.Resource, &head); err != nil || e.FullURL != "urn:uuid:"+head.ID || seen[e.FullURL] {
			t.Fatalf("entry %s: %v", e.FullURL, err)
		}
		seen[e.FullURL] = true
		model, ok := map[string]any{"Patient": &fhir.Patient{}, "DiagnosticReport": &fhir.DiagnosticReport{}, "Observation": &observationModel{}, "Specimen": &fhir.Specimen{}, "Organization": &fhir.Organization{}}[head.ResourceType]
		if !ok {
			t.Fatalf("a resource of type %s", head.ResourceType)
		}
		strict := json.NewDecoder(bytes.NewReader(withoutType(e.Resource)))
		strict.DisallowUnknownFields()
		if err := strict.Decode(model); err != nil {
			t.Fatalf("%s is not of R4: %v\n%s", head.ResourceType, err, e.Resource)
		}
		if kind := head.ResourceType; (kind == "Observation" || kind == "DiagnosticReport") && (head.Status == "" || len(head.Code) == 0) {
			t.Fatalf("%s without status or code", kind)
		}
	}
}

// observationModel adds to the model's Observation the values of several types
// and the extensions it leaves out.
type observationModel struct {
	fhir.Observation
	ValueQuantity        *fhir.Quantity        `json:"valueQuantity"`
	ValueString          *string               `json:"valueString"`
	ValueCodeableConcept *fhir.CodeableConcept `json:"valueCodeableConcept"`
	EffectiveDateTime    *string               `json:"effectiveDateTime"`
}

func withoutType(raw []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	for _, key := range []string{"resourceType", "extension", "effectiveDateTime"} {
		delete(fields, key)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // the models read "<" as it is only
	if encoder.Encode(fields) != nil {
		return raw
	}
	return out.Bytes()
}

func TestWhatIsExportedComesBackAsItWas(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	rapid.Check(t, func(t *rapid.T) { thereAndBack(t, c, aPatient(t, c)) })
}

// aPatient draws a patient with reports as a file would bring them.
func aPatient(t *rapid.T, c *labs.Catalogue) bot.ImportPatient {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	rows := rapid.IntRange(1, 6).Draw(t, "rows")
	var csv strings.Builder
	csv.WriteString(csvHeader)
	for i := range rows {
		fmt.Fprintf(&csv, "T-1,,%s,%s,R-%d,2026-11-0%d 09:%02d,%s,%s,%s,%s,%s\n", "女", "1980-03-05", i%2, 1+i%2, 30,
			pick("item", "钾", "谷丙转氨酶(ALT)", "某种新抗体", "尿白细胞", "葡萄糖")+strings.Repeat("*", i), pick("value", "5.0", "87", "<0.01", "阴性", "1:64", "1e2", "５.0", "-0.3", "", "87↑", "+++", "007"),
			pick("unit", "mmol/L", "U/L", "", "μmol／L", "10^9/L", "g"), pick("range", "3.5-5.3", "<5.2", "≥60", "阴性", "", "1.003 ~ 1.03", "男:1-2 女:3-4"), pick("flag", "", "H", "↑", "HH", "*", "L"))
	}
	f, err := labs.Parse(c, "r.csv", strings.NewReader(csv.String()), labs.Options{})
	if err != nil || len(f.Patients) != 1 {
		t.Fatal("a generated report was not read: ", f.Quarantine, err)
	}
	for i := range f.Patients[0].Reports {
		r := &f.Patients[0].Reports[i]
		r.Status = bot.ResultStatus(pick("report status", "final", "partial", "cancelled", "odd"))
		for j := range r.Results {
			x := &r.Results[j]
			x.Note, x.Method = pick("note", "", "复查\n第二行"), pick("method", "", "酶法")
			x.Status = bot.ResultStatus(pick("status", "final", "corrected", "entered-in-error", "preliminary", "X"))
			x.ParentID, x.Laboratory = pick("parent", "", "b"), pick("laboratory", "", "检验科", "Lab & <Co>")
			x.IssuedAt = time.Date(2026, 11, 20, 1, 2, 3, rapid.SampledFrom([]int{0, 120_000_000}).Draw(t, "fraction"), time.UTC)
		}
	}
	return f.Patients[0]
}

func TestRealFilesComeBackFromAnExportAsTheyWere(t *testing.T) {
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
			t.Fatal(err)
		}
		for _, p := range f.Patients {
			thereAndBack(t, catalogue(t), p)
		}
	}
}
