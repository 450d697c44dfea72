package labs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"careline/bot"
)

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

const (
	woman = `{"fullUrl":"http://a/fhir/Patient/p","resource":{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:oid:1","value":"T-2"}],"gender":"female"}}`
	man   = `{"fullUrl":"http://b/fhir/Patient/p","resource":{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:oid:1","value":"T-9"}],"gender":"male"}}`
)

// potassium is an entry with one result of 5.0 that says of itself what is added.
func potassium(id, more string) string {
	return fmt.Sprintf(`{"resource":{"resourceType":"Observation","id":%q,"status":"final","code":{"text":"钾"},"valueQuantity":{"value":5.0,"unit":"mmol/L"}%s}}`, id, more)
}

func bundleOf(entries ...string) string {
	return `{"resourceType":"Bundle","type":"document","identifier":{"system":"urn:x","value":"doc-1"},"entry":[` + strings.Join(entries, ",") + `]}`
}

// values are "identifier report item=value" of everything that went in.
func values(f bot.ImportFile) string {
	var all []string
	for _, p := range f.Patients {
		for _, r := range p.Reports {
			for _, x := range r.Results {
				all = append(all, fmt.Sprintf("%s %s %s=%s", p.Patient.Identifiers[0].Value, r.Number, x.SourceID, x.Value.Printed))
			}
		}
	}
	return strings.Join(all, "; ")
}

func TestAResultReachesTheOnePatientItRefersToOrNobody(t *testing.T) {
	t.Parallel()
	report := func(more string) string {
		return `{"resource":{"resourceType":"DiagnosticReport","id":"d","status":"final","code":{"text":"电解质"},"result":[{"reference":"Observation/k"}]` + more + `}}`
	}
	cases := map[string]struct {
		entries     []string
		values      string
		quarantined string // part of the one reason
	}{
		"by full address":      {[]string{woman, man, potassium("k", `,"subject":{"reference":"http://a/fhir/Patient/p"}`)}, "T-2 urn:oid:1|T-2/undated k=5.0", ""},
		"of a version":         {[]string{woman, potassium("k", `,"subject":{"reference":"Patient/p/_history/3"}`)}, "T-2 urn:oid:1|T-2/undated k=5.0", ""},
		"the same entry twice": {[]string{woman, woman, potassium("k", `,"subject":{"reference":"Patient/p"}`)}, "T-2 urn:oid:1|T-2/undated k=5.0", ""},
		"two have the id":      {[]string{woman, man, potassium("k", `,"subject":{"reference":"Patient/p"}`)}, "", "not in the file"},
		"on another server":    {[]string{woman, potassium("k", `,"subject":{"reference":"http://c/fhir/Patient/p"}`)}, "", "not in the file"},
		"without a patient":    {[]string{woman, potassium("k", ``)}, "", "not in the file"},
		"from the own server": {[]string{woman, man, strings.Replace(potassium("k", `,"subject":{"reference":"Patient/p"}`), `{"resource"`, `{"fullUrl":"http://b/fhir/Observation/k","resource"`, 1)},
			"T-9 urn:oid:1|T-9/undated k=5.0", ""},
		"by its report":                {[]string{woman, potassium("k", ``), report(`,"subject":{"reference":"Patient/p"}`)}, "T-2 d k=5.0", ""},
		"the report says nothing":      {[]string{woman, potassium("k", `,"subject":{"reference":"Patient/p"}`), report(``)}, "T-2 d k=5.0", ""},
		"the report is about a second": {[]string{woman, man, potassium("k", `,"subject":{"reference":"http://a/fhir/Patient/p"}`), report(`,"subject":{"reference":"http://b/fhir/Patient/p"}`)}, "", "another patient"},
		"the report's is unknown":      {[]string{woman, potassium("k", `,"subject":{"reference":"Patient/p"}`), report(`,"subject":{"reference":"Patient/q"}`)}, "T-2 urn:oid:1|T-2/undated k=5.0", "not in the file"},
		"a patient without identifier": {[]string{`{"resource":{"resourceType":"Patient","id":"p","name":[{"text":"示例"}]}}`}, "", "no identifier"},
		"a contained patient is not the one of the same id": {[]string{woman,
			`{"resource":{"resourceType":"Observation","id":"k","status":"final","contained":[{"resourceType":"Patient","id":"p","identifier":[{"value":"T-5"}]}],"code":{"text":"钾"},"valueInteger":5,"subject":{"reference":"#p"}}}`},
			"T-5 |T-5/undated k=5", ""},
	}
	for name, c := range cases {
		f, err := parse(t, "b.json", bundleOf(c.entries...))
		if err != nil {
			t.Fatal(name, err)
		}
		if got := values(f); got != c.values || (c.quarantined == "") != (len(f.Quarantine) == 0) {
			t.Errorf("%s: %q, %+v", name, got, f.Quarantine)
			continue
		}
		for _, q := range f.Quarantine {
			if !strings.Contains(q.Reason, c.quarantined) || !strings.HasPrefix(q.Position, "Bundle.entry[") || !json.Valid([]byte(q.Payload.Plain())) {
				t.Errorf("%s: %s: %s", name, q.Position, q.Reason)
			}
		}
	}
}

func TestAReportCarriesItsResultsInContainedResources(t *testing.T) {
	t.Parallel()
	f, err := parse(t, "r.json", `{"resourceType":"DiagnosticReport","id":"d","status":"final","identifier":[{"system":"urn:lab","value":"R-7"}],"code":{"text":"尿常规"},"issued":"2026-11-02T09:00:00+08:00",
	 "subject":{"reference":"#p"},"performer":[{"display":"示范检验科"}],"result":[{"reference":"#a"},{"reference":"#panel"}],"contained":[
	 {"resourceType":"Patient","id":"p","identifier":[{"value":"T-3"}],"gender":"female"},{"resourceType":"Specimen","id":"s","type":{"text":"尿液"}},
	 {"resourceType":"Observation","id":"a","status":"final","code":{"text":"葡萄糖"},"specimen":{"reference":"#s"},"subject":{"reference":"#p"},"valueString":"阴性","note":[{"text":"复查"}],"method":{"text":"干化学"}},
	 {"resourceType":"Observation","id":"panel","status":"final","code":{"text":"沉渣"},"hasMember":[{"reference":"#b"},{"reference":"#panel"}]},
	 {"resourceType":"Observation","id":"b","status":"final","code":{"text":"抗体"},"valueRatio":{"numerator":{"value":1},"denominator":{"value":64}},"component":[{"code":{"text":"第二份"},"valueQuantity":{"value":3,"comparator":"ad"}}]}]}`)
	if err != nil || len(f.Quarantine) > 0 {
		t.Fatal(f.Quarantine, err)
	}
	if got := values(f); got != "T-3 R-7 a=阴性; T-3 R-7 b=1:64; T-3 R-7 b#1=ad 3" {
		t.Error(got)
	}
	r := f.Patients[0].Reports[0]
	a, c := r.Results[0], r.Results[2]
	if r.System != "urn:lab" || r.Laboratory != "示范检验科" || r.Title != "尿常规" || a.Specimen != bot.SpecimenUrine || a.Note != "复查" || a.Method != "干化学" || !a.EffectiveAt.Equal(r.IssuedAt) {
		t.Errorf("%+v", r)
	}
	if c.ParentID != "b" || c.Value.Number.Valid() {
		t.Errorf("the component %+v", c)
	}
}

func TestWhatIsNoLaboratoryResultIsPassedOver(t *testing.T) {
	t.Parallel()
	for category, kept := range map[string]bool{
		"laboratory": true, "LAB": true, "生化": true, "vital-signs": false, "social-history": false, "survey": false, "imaging": false,
	} {
		o := potassium("k", `,"subject":{"reference":"Patient/p"},"category":[{"coding":[{"code":"`+category+`"}]}]`)
		f, err := parse(t, "b.json", bundleOf(woman, o))
		if err != nil || len(f.Quarantine) > 0 || (values(f) != "") != kept {
			t.Errorf("%s: %q, %+v, %v", category, values(f), f.Quarantine, err)
		}
	}
}

func TestAWithdrawnOrUnstatedStatusIsNotFinal(t *testing.T) {
	t.Parallel()
	cases := []struct {
		report, observation string
		want                bot.ResultStatus
	}{
		{"final", "final", "final"}, {"preliminary", "final", "final"}, {"final", "corrected", "corrected"}, {"final", "preliminary", "preliminary"},
		{"entered-in-error", "final", "entered-in-error"}, {"cancelled", "final", "cancelled"}, {"final", "", "unknown"},
	}
	for _, c := range cases {
		f, err := parse(t, "b.json", bundleOf(woman, strings.Replace(potassium("k", ""), `"final"`, `"`+c.observation+`"`, 1),
			`{"resource":{"resourceType":"DiagnosticReport","id":"d","status":"`+c.report+`","subject":{"reference":"Patient/p"},"result":[{"reference":"Observation/k"}]}}`))
		if r := only(t, f, err); r.Status != c.want {
			t.Errorf("%s in %s is %s", c.observation, c.report, r.Status)
		}
	}
}

func TestAResourceOfAWrongShapeIsQuarantinedAndItsNeighboursGoIn(t *testing.T) {
	t.Parallel()
	wrong := `{"resource":{"resourceType":"Observation","id":"x","status":7}}`
	f, err := parse(t, "b.json", bundleOf(woman, wrong, potassium("k", `,"subject":{"reference":"Patient/p"}`), `{"resource":{"resourceType":"Claim","id":"c","status":7}}`))
	if err != nil || len(f.Quarantine) != 1 || f.Quarantine[0].Position != "Bundle.entry[1].resource" || !strings.Contains(values(f), "k=5.0") {
		t.Errorf("%q, %+v, %v", values(f), f.Quarantine, err)
	}
}

func TestARangeThatContradictsItselfItsTextOrTheUnitIsShownAndNotUsed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		value, ranges, printed string
		direction              bot.Direction
		problem                bool
	}{
		{`{"value":4.1,"unit":"mmol/L"}`, `[{"low":{"value":3.5,"unit":"mmol/L"},"high":{"value":5.3,"unit":"mmol/L"}}]`, "3.5-5.3", bot.DirectionWithin, false},
		{`{"value":5.2,"unit":"mmol/L"}`, `[{"high":{"value":5.2},"text":"<5.2"}]`, "<5.2", bot.DirectionHigh, false},
		{`{"value":4.1,"unit":"mmol/L"}`, `[{"low":{"value":5.3},"high":{"value":3.5}}]`, "5.3-3.5", bot.DirectionUnknown, false},
		{`{"value":4.1,"unit":"mmol/L"}`, `[{"low":{"value":3.5},"high":{"value":5.3},"text":"3.5-5.5"}]`, "3.5-5.5", bot.DirectionUnknown, false},
		{`{"value":4.1,"unit":"mmol/L"}`, `[{"low":{"value":13.7,"unit":"mg/dL"},"high":{"value":20.7,"unit":"mg/dL"}}]`, "13.7-20.7 mg/dL", bot.DirectionUnknown, false},
		{`{"value":4.1,"unit":"mmol/L"}`, `[{"low":{"value":3.5},"high":{"value":5.3},"appliesTo":[{"text":"female"},{"text":"pregnant"}]}]`, "3.5-5.3", bot.DirectionUnknown, false},
		{`{"value":4.1,"unit":"mmol/L"}`, `[{"low":{"value":3.5},"high":{"value":5.3},"type":{"coding":[{"code":"treatment"}]}}]`, "3.5-5.3", bot.DirectionUnknown, false},
		{`{"value":4.1,"unit":"millimole per litre","system":"http://unitsofmeasure.org","code":"mmol/L"}`, `[{"text":"3.5-5.3"}]`, "3.5-5.3", bot.DirectionWithin, false},
		{`{"value":4.1,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mg/dL"}`, `[{"text":"3.5-5.3"}]`, "3.5-5.3", bot.DirectionUnknown, true},
	}
	for _, c := range cases {
		f, err := parse(t, "o.json", observation(`"valueQuantity":`+c.value+`,"referenceRange":`+c.ranges))
		if r := only(t, f, err); r.Interval.Printed != c.printed || r.Direction != c.direction || r.UnitProblem != c.problem {
			t.Errorf("%s against %s: %+v", c.value, c.ranges, r)
		}
	}
}

func TestAFileThatBreaksOffIsRefusedWhole(t *testing.T) {
	t.Parallel()
	content := bundleOf(woman, potassium("k", `,"subject":{"reference":"Patient/p"}`))
	for n := 1; n < len(content); n++ {
		if f, err := parse(t, "b.json", content[:n]); bot.KindOf(err) != bot.KindInvalid || len(f.Patients) > 0 {
			t.Fatalf("cut after %d bytes: %+v, %v", n, f, err)
		}
	}
}
