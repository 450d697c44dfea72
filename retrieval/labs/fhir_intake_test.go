package labs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"careline/bot"
)

func typed(kind string, entries ...string) string {
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
}

const ofWoman = `,"subject":{"reference":"Patient/p"}`

func TestBundlesThatBringResultsAreReadAndThoseThatReportAreNot(t *testing.T) {
	t.Parallel()
	header := `{"resource":{"resourceType":"MessageHeader","id":"h","eventCoding":{"code":"x"}}}`
	for _, kind := range []string{"transaction", "batch", "collection", "message", "searchset", "document"} {
		if f, err := parse(t, "b.json", typed(kind, header, woman, potassium("k", ofWoman))); err != nil || !strings.HasSuffix(values(f), "k=5.0") {
			t.Errorf("%s: %q, %v", kind, values(f), err)
		}
	}
	for _, kind := range []string{"history", "transaction-response", "batch-response"} {
		if _, err := parse(t, "b.json", typed(kind, woman, potassium("k", ofWoman))); bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("%s: %v", kind, err)
		}
		inner := `{"resource":` + typed(kind, potassium("x", ofWoman)) + `}`
		f, err := parse(t, "b.json", bundleOf(woman, inner, potassium("k", ofWoman)))
		if err != nil || len(f.Quarantine) != 1 || strings.Contains(values(f), "x=") {
			t.Errorf("%s within: %q, %+v, %v", kind, values(f), f.Quarantine, err)
		}
	}
}

func TestAnEntryThatDeletesIsNoResult(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]struct{ kept, quarantined int }{"POST": {1, 0}, "PUT": {1, 0}, "DELETE": {0, 1}, "PATCH": {0, 1}, "GET": {0, 0}} {
		entry := strings.TrimSuffix(potassium("k", ofWoman), "}") + `,"request":{"method":"` + method + `","url":"Observation/k","ifNoneExist":"identifier=1"}}`
		f, err := parse(t, "b.json", typed("transaction", woman, entry))
		if err != nil || strings.Count(values(f), "=") != want.kept || len(f.Quarantine) != want.quarantined {
			t.Errorf("%s: %q, %+v, %v", method, values(f), f.Quarantine, err)
		}
		for _, q := range f.Quarantine {
			if again, err := parse(t, "again.json", q.Payload.Plain()); err != nil || len(again.Quarantine) != 1 {
				t.Errorf("%s again: %+v, %v", method, again, err)
			}
		}
	}
}

func TestNDJSONIsReadAsACollection(t *testing.T) {
	t.Parallel()
	lines := strings.Join([]string{resourceOf(woman), resourceOf(potassium("k", ofWoman)), resourceOf(potassium("l", ofWoman))}, "\n") + "\n"
	if f, err := parse(t, "x.ndjson", lines); err != nil || strings.Count(values(f), "=5.0") != 2 {
		t.Errorf("%q, %v", values(f), err)
	}
}

// resourceOf is an entry's resource.
func resourceOf(entry string) string {
	_, resource, _ := strings.Cut(entry, `"resource":`)
	return strings.TrimSuffix(resource, "}")
}

func TestAnUnknownModifierIsNotPassedOver(t *testing.T) {
	t.Parallel()
	for _, more := range []string{`,"modifierExtension":[{"url":"urn:x:not"}]`, `,"component":[{"code":{"text":"x"},"modifierExtension":[{"url":"urn:x"}]}]`} {
		f, err := parse(t, "b.json", bundleOf(woman, potassium("k", ofWoman+more)))
		if err != nil || values(f) != "" || len(f.Quarantine) != 1 || !strings.Contains(f.Quarantine[0].Reason, "modifier") {
			t.Errorf("%s: %q, %+v, %v", more, values(f), f.Quarantine, err)
		}
	}
}

func TestALinkToTheSurvivingRecordIsAMerge(t *testing.T) {
	t.Parallel()
	old := `{"resource":{"resourceType":"Patient","id":"old","identifier":[{"system":"urn:oid:1","value":"T-1"}],"deceasedBoolean":true,"_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]},"link":[{"other":{"reference":"Patient/p"},"type":"replaced-by"}]}}`
	f, err := parse(t, "b.json", bundleOf(woman, old))
	if err != nil || len(f.Merges) != 1 || f.Merges[0].Survivor.Identifiers[0].Value != "T-2" || f.Merges[0].Retired[0].Value != "T-1" {
		t.Errorf("%+v, %v", f.Merges, err)
	}
}

func TestTheLaboratoryIsTheOrganisationThatPerformed(t *testing.T) {
	t.Parallel()
	others := []string{
		`{"resource":{"resourceType":"Organization","id":"o","name":"示范检验科"}}`, `{"resource":{"resourceType":"Practitioner","id":"d","name":[{"text":"示例医生"}]}}`,
		`{"resource":{"resourceType":"PractitionerRole","id":"r","organization":{"reference":"Organization/o"}}}`,
	}
	for performer, want := range map[string]string{"Organization/o": "示范检验科", "PractitionerRole/r": "示范检验科", "Practitioner/d": "", "Practitioner/elsewhere": ""} {
		k := potassium("k", ofWoman+`,"performer":[{"reference":"`+performer+`","display":"anybody"}]`)
		f, err := parse(t, "b.json", bundleOf(append([]string{woman, k}, others...)...))
		if r := only(t, f, err); r.Laboratory != want {
			t.Errorf("%s: %q", performer, r.Laboratory)
		}
	}
}

func TestAValueThatCannotBeShownIsAbsentAndSaysWhy(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`"valueSampledData":{"dimensions":1,"data":"1 2"}`, `"valueAttachment":{"url":"x"}`} {
		f, err := parse(t, "o.json", observation(value))
		if r := only(t, f, err); r.Value.Printed != "" || r.AbsentReason != "unsupported" || r.Note == "" {
			t.Errorf("%s: %+v", value, r)
		}
	}
}

func TestARangeIsChosenByTheAgeAtTheObservation(t *testing.T) {
	t.Parallel()
	ranges := `,"effectiveDateTime":"%s","referenceRange":[{"low":{"value":1},"high":{"value":2},"age":{"high":{"value":17,"code":"a"}}},{"low":{"value":3.5},"high":{"value":5.3},"age":{"low":{"value":18,"unit":"years"}}}]`
	person := strings.Replace(woman, `"gender"`, `"birthDate":"2008-11-02","gender"`, 1)
	for day, want := range map[string]string{"2026-11-01": "1-2", "2026-11-02": "3.5-5.3", "2000-01-01": "1-2; 3.5-5.3"} {
		f, err := parse(t, "b.json", bundleOf(person, potassium("k", ofWoman+fmt.Sprintf(ranges, day))))
		if r := only(t, f, err); r.Interval.Printed != want || r.Interval.Usable() != (want != "1-2; 3.5-5.3") {
			t.Errorf("%s: %+v", day, r.Interval)
		}
	}
}

func TestWhenAResultWasReleased(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]string{
		`,"issued":"2026-11-03T00:00:00Z","meta":{"lastUpdated":"2026-11-04T00:00:00Z"}`: "2026-11-03",
		`,"meta":{"lastUpdated":"2026-11-04T00:00:00Z"}`:                                 "2026-11-04",
		``: "2026-11-05",
	} {
		report := `{"resource":{"resourceType":"DiagnosticReport","id":"d","status":"final","issued":"2026-11-05T00:00:00Z","result":[{"reference":"Observation/k"}]` + ofWoman + `}}`
		f, err := parse(t, "b.json", bundleOf(woman, report, potassium("k", more)))
		if r := only(t, f, err); r.IssuedAt.Format("2006-01-02") != want {
			t.Errorf("%s: %s", more, r.IssuedAt)
		}
	}
}

func TestAMalformedFHIRFileIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	good := bundleOf(woman, potassium("k", ofWoman))
	cases := []string{
		`{`, `{"`, `{"resourceType"`, `{"resourceType":`, `{"resourceType":"Bundle"`, `{"resourceType":"Bundle",}`, `{"resourceType":"Bundle" "id":"x"}`, `{"resourceType":'Bundle'}`, `{resourceType:"Bundle"}`,
		`{}`, `{"resourceType":null}`, `{"resourceType":7}`, `{"resourceType":["Bundle"]}`, `{"resourceType":""}`, `{"resourceType":"bundle"}`, `{"resourceType":"Medication"}`, `{"resourceType":"OperationOutcome"}`, `{"resourceType":"Organization"}`,
		`[]`, `[{"resourceType":"Bundle"}]`, `{"resourceType":"Bundle"}}`, `{"resourceType":"Bundle"}]`, `{"resourceType":"Bundle"} x`, `{"resourceType":"Bundle"},`, `{"resourceType":"Bundle"}{"resourceType":"Bundle"}`,
		`{"resourceType":"Bundle"}` + "\n{}", `{"resourceType":"Bundle"}` + "\n[", `{"resourceType":"Bundle"}` + "\nnull", `{"resourceType":"Bundle"}` + "\n{\"resourceType\":\"Patient\"",
		`{"resourceType":"Bundle","type":"history"}`, `{"resourceType":"Bundle","type":"anything"}`, `{"resourceType":"Bundle","entry":[}`, `{"resourceType":"Bundle","entry":[{]}`, `{"resourceType":"Bundle","entry":[{"resource":}]}`,
		`{"resourceType":"Bundle","entry":[{"resource":{}},]}`, `{"resourceType":"Bundle","x":01}`, `{"resourceType":"Bundle","x":+1}`, `{"resourceType":"Bundle","x":.5}`, `{"resourceType":"Bundle","x":NaN}`, `{"resourceType":"Bundle","x":tru}`,
		`{"resourceType":"Bundle","x":"\q"}`, `{"resourceType":"Bundle","x":"\u12"}`, "{\"resourceType\":\"Bundle\",\"x\":\"a\nb\"}", `{"resourceType":"Bundle"/*c*/}`, strings.Repeat(`{"resourceType":"Bundle","entry":[{"resource":`, 30),
		good[:len(good)-1], good + "x", good[1:], `{"a":` + good, "\ufeff\ufeff" + good, strings.Repeat("[", 100_000),
	}
	if len(cases) < 40 {
		t.Fatal("fewer than 40 cases")
	}
	for _, content := range cases {
		f, err := parse(t, "b.json", content)
		if bot.KindOf(err) != bot.KindInvalid || len(f.Patients)+len(f.Quarantine) > 0 {
			t.Errorf("%.60s: %+v, %v", content, f, err)
		}
	}
}

func TestRealFHIRFilesReadAsTheGoldenFilesSay(t *testing.T) {
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
		f, err := parse(t, filepath.Base(path), string(raw))
		golden := filepath.Join("testdata", "fhir", "golden", strings.TrimSuffix(filepath.Base(path), ".json")+".txt")
		got := summary(f, err)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || string(want) != got {
			t.Errorf("%s: %v\n%s", golden, err, got)
		}
	}
}

// summary says what was read of a file: counts, and its first 40 results.
func summary(f bot.ImportFile, err error) string {
	if err != nil {
		return "refused: " + err.(*bot.Error).Person + "\n"
	}
	var lines []string
	reports := 0
	for _, p := range f.Patients {
		for _, r := range p.Reports {
			reports++
			for _, x := range r.Results {
				lines = append(lines, fmt.Sprintf("%s | %s | %s | %s | %s | %s", x.Name, x.Code, x.Value.Shown()+x.AbsentReason, x.Value.Unit, x.Interval.Printed, x.Status))
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d patients, %d reports, %d results, %d quarantined\nname | code | value or why absent | unit | interval | status\n", len(f.Patients), reports, len(lines), len(f.Quarantine))
	for _, line := range lines[:min(40, len(lines))] {
		b.WriteString(line + "\n")
	}
	for i, q := range f.Quarantine[:min(10, len(f.Quarantine))] {
		fmt.Fprintf(&b, "quarantined %d: %s: %s\n", i+1, q.Position, q.Reason)
	}
	return b.String()
}
