package labs_test

import (
	"strings"
	"testing"

	"careline/bot"
)

const urineSpecimen = `{"fullUrl":"http://a/fhir/Specimen/s","resource":{"resourceType":"Specimen","id":"s","type":{"text":"尿"},"collection":{"collectedDateTime":"2026-11-01T07:00:00+08:00"}}}`

func TestAQuarantinedResourceKeepsItsPatientAndSpecimen(t *testing.T) {
	t.Parallel()
	other := strings.NewReplacer(`"id":"p"`, `"id":"q"`, "Patient/p", "Patient/q", `"gender":"female"`, `"gender":"male"`).Replace(woman)
	second := potassium("k", `,"subject":{"reference":"Patient/q"},"specimen":{"reference":"Specimen/s"}`)
	f, err := parse(t, "b.json", bundleOf(woman, other, urineSpecimen, potassium("a", ofWoman), second))
	if err != nil || len(f.Quarantine) != 2 || !strings.Contains(f.Quarantine[0].Reason, "another birth date or sex") {
		t.Fatalf("%+v, %v", f.Quarantine, err)
	}
	again, err := parse(t, "again.json", f.Quarantine[0].Payload.Plain())
	r := only(t, again, err)
	if p := again.Patients[0].Patient; p.Sex != bot.SexMale || p.Identifiers[0].Value != "T-2" || r.SourceID != "k" || r.Specimen != bot.SpecimenUrine {
		t.Errorf("again %+v %+v", p, r)
	}
}

// Read again by itself, a result that contradicts its file must not go in.
func TestAContradictionStaysInQuarantineWithoutItsPatient(t *testing.T) {
	t.Parallel()
	stranger := strings.NewReplacer(`"id":"p"`, `"id":"q"`, "Patient/p", "Patient/q", "T-2", "T-9").Replace(woman)
	report := `{"resource":{"resourceType":"DiagnosticReport","id":"d","status":"final","issued":"2026-11-05T00:00:00Z","result":[{"reference":"Observation/k"}]` + ofWoman + `}}`
	f, err := parse(t, "b.json", bundleOf(woman, stranger, report, potassium("k", `,"subject":{"reference":"Patient/q"}`)))
	if err != nil || values(f) != "" || len(f.Quarantine) != 1 {
		t.Fatalf("%s %+v, %v", values(f), f.Quarantine, err)
	}
	if again, err := parse(t, "again.json", f.Quarantine[0].Payload.Plain()); err != nil || values(again) != "" || len(again.Quarantine) != 1 {
		t.Errorf("%s %+v, %v", values(again), again.Quarantine, err)
	}
}

func TestAFieldThatStandsTwiceIsNotChosenFrom(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		`"valueQuantity":{"value":5.0,"value":7.0}`, `"valueQuantity":{"value":5.0},"valueQuantity":{"value":7.0}`, `"valueQuantity":{"value":5.0},"VALUEQUANTITY":{"value":7.0}`,
		`"valueQuantity":{"value":5.0},"value\u0051uantity":{"value":7.0}`, `"note":[{"text":"a \" } b","text":"c"}],"valueQuantity":{"value":5.0}`,
	} {
		f, err := parse(t, "o.json", observation(value))
		if err != nil || values(f) != "" || len(f.Quarantine) != 1 || !strings.Contains(f.Quarantine[0].Reason, "twice") {
			t.Errorf("%s: %s %+v, %v", value, values(f), f.Quarantine, err)
		}
	}
	f, err := parse(t, "o.json", observation(`"note":[{"text":"\"value\":1,{"},{"text":"\\"}],"valueQuantity":{"value":5.0}`))
	only(t, f, err)
}

func TestAResourceWithMoreFieldsThanAReportHasIsQuarantined(t *testing.T) {
	t.Parallel()
	for members, want := range map[int]int{50_000: 0, 100_000: 1} {
		many := potassium("k", ofWoman+`,"extension":[`+strings.Repeat("{},", members)+`{}]`)
		f, err := parse(t, "b.json", bundleOf(woman, many))
		if err != nil || len(f.Quarantine) != want {
			t.Errorf("%d: %d quarantined, %v", members, len(f.Quarantine), err)
		}
	}
}

func TestAResultThatTooManyReportsHoldIsNotReadForEver(t *testing.T) {
	t.Parallel()
	entries := []string{woman, potassium("k", ofWoman)}
	for range 21 {
		id := strings.Repeat("d", len(entries))
		entries = append(entries, `{"resource":{"resourceType":"DiagnosticReport","id":"`+id+`","status":"final","issued":"2026-11-05T00:00:00Z","result":[{"reference":"Observation/k"}]`+ofWoman+`}}`)
	}
	f, err := parse(t, "b.json", bundleOf(entries...))
	if err != nil || strings.Count(values(f), "k=5.0") != 20 || len(f.Quarantine) != 1 || !strings.Contains(f.Quarantine[0].Reason, "too many reports") {
		t.Errorf("%d, %+v, %v", strings.Count(values(f), "k=5.0"), f.Quarantine, err)
	}
}

func TestAReferenceThatTwoLinesClaimLeadsNowhere(t *testing.T) {
	t.Parallel()
	line := func(id, identifier string) string {
		return `{"resourceType":"Patient","id":"` + id + `","identifier":[{"system":"urn:oid:1","value":"` + identifier + `"}]}`
	}
	lines := strings.Join([]string{line("p", "T-2"), line("p", "T-9"), resourceOf(potassium("k", ofWoman))}, "\n")
	f, err := parse(t, "x.ndjson", lines)
	if err != nil || values(f) != "" || len(f.Quarantine) != 1 {
		t.Errorf("%s, %+v, %v", values(f), f.Quarantine, err)
	}
	urls := bundleOf(woman, strings.Replace(man, "http://b/fhir", "http://a/fhir", 1), potassium("k", `,"subject":{"reference":"http://a/fhir/Patient/p"}`))
	if f, err = parse(t, "b.json", urls); err != nil || values(f) != "" || len(f.Quarantine) != 1 {
		t.Errorf("the same fullUrl: %s, %+v, %v", values(f), f.Quarantine, err)
	}
}

func TestWhenTheSpecimenWasTakenIsWhenTheResultWas(t *testing.T) {
	t.Parallel()
	period := strings.Replace(urineSpecimen, `"collectedDateTime":"2026-11-01T07:00:00+08:00"`, `"collectedPeriod":{"start":"2026-11-01T07:00:00+08:00","end":"2026-11-02T07:00:00+08:00"}`, 1)
	for _, c := range []struct{ specimen, more, want string }{
		{urineSpecimen, "", "2026-10-31T23:00:00Z"}, {period, "", "2026-10-31T23:00:00Z"}, {urineSpecimen, `,"effectiveDateTime":"2026-11-03T00:00:00Z"`, "2026-11-03T00:00:00Z"},
	} {
		f, err := parse(t, "b.json", bundleOf(woman, c.specimen, potassium("k", ofWoman+`,"specimen":{"reference":"Specimen/s"}`+c.more)))
		if r := only(t, f, err); r.EffectiveAt.Format("2006-01-02T15:04:05Z07:00") != c.want || r.Specimen != bot.SpecimenUrine {
			t.Errorf("%s: %s %s", c.more, r.EffectiveAt, r.Specimen)
		}
	}
}

func TestAPeriodIsShownAsTwoTimes(t *testing.T) {
	t.Parallel()
	f, err := parse(t, "o.json", observation(`"valuePeriod":{"start":"2026-11-01","end":"2026-11-02"}`))
	if r := only(t, f, err); r.Value.Printed != "2026-11-01/2026-11-02" || r.Value.Number.Valid() {
		t.Errorf("%+v", r.Value)
	}
}
