package labs

import (
	"slices"
	"strings"
	"time"

	"careline/bot"
)

// The systems of FHIR we read codes from.
const (
	loincSystem    = "http://loinc.org"
	fhirSystem     = "fhir"
	categorySystem = "http://terminology.hl7.org/CodeSystem/observation-category"
)

func (b *bundle) collect() {
	for _, n := range b.order {
		if n.Type == "DiagnosticReport" {
			b.diagnosticReport(n)
		}
	}
	for _, n := range b.order {
		if n.Type == "Observation" && !n.used && laboratory(n) {
			b.loose(n)
		}
	}
	for _, n := range b.order {
		if n.Type == "Patient" {
			b.addPatient(n, n)
		}
	}
}

// otherCategories are FHIR's observation categories that are no laboratory results.
var otherCategories = []string{"vital-signs", "social-history", "survey", "exam", "imaging", "procedure", "therapy", "activity"}

// laboratory reports whether an observation is a laboratory result: those without
// a category, or with a local one, are taken.
func laboratory(n *node) bool {
	other := false
	for _, c := range n.Category {
		for _, code := range c.Coding {
			if code.Code == "laboratory" || code.Code == "LAB" {
				return true
			}
			other = other || slices.Contains(otherCategories, code.Code)
		}
	}
	return !other
}

// addPatient finds the patient an item is about. Without a usable identifier the
// item is quarantined: a name is never a key.
func (b *bundle) addPatient(about, p *node) (int, bool) {
	if p == nil || p.Type != "Patient" {
		b.refuse(about, "the patient it refers to is not in the file")
		return 0, false
	}
	patient := patientOf(p)
	if len(patient.Identifiers) == 0 {
		b.refuse(about, "the patient has no identifier")
		return 0, false
	}
	first := patient.Identifiers[0]
	i, ok := b.patient(first.System+"\x00"+first.Type+"\x00"+first.Value, patient)
	if !ok {
		b.refuse(about, anotherPerson)
	}
	return i, ok
}

func patientOf(p *node) bot.Patient {
	patient := bot.Patient{Name: bot.T(readable(nameOf(p.Name), mostName)), Sex: sexOf(p.Gender), BirthDate: birthDate(p.BirthDate)}
	for _, i := range p.Identifier {
		if value := readable(i.Value, mostName); value != "" {
			patient.Identifiers = append(patient.Identifiers, bot.Identifier{System: readable(i.System, mostName), Type: readable(i.Type.anyCode(), mostName), Value: value})
		}
	}
	for _, t := range p.Telecom {
		if t.System == "phone" && patient.Phone.Empty() {
			patient.Phone = bot.T(readable(t.Value, mostName))
		}
	}
	return patient
}

// birthDate keeps a whole or partial FHIR date.
func birthDate(s string) bot.Date {
	for _, shape := range []string{time.DateOnly, "2006-01", "2006"} {
		if _, err := time.Parse(shape, s); err == nil {
			return bot.Date(s)
		}
	}
	return ""
}

func nameOf(names []humanName) string {
	for _, n := range names {
		if n.Text != "" {
			return n.Text
		}
		if n.Family != "" || len(n.Given) > 0 {
			return strings.TrimSpace(strings.Join(n.Given, " ") + " " + n.Family)
		}
	}
	return ""
}

// number is what names a report: its identifier, its id, else its place and time.
func (b *bundle) number(n *node, patient int) string {
	for _, i := range n.Identifier {
		if number := readable(i.Value, mostName); number != "" {
			return number
		}
	}
	if id := readable(n.ID, mostName); id != "" {
		return id
	}
	return b.patientNumber(patient) + "/" + readable(n.Code.anyCode()+"/"+n.Effective+n.Issued, mostName)
}

// reportSystem is who issued that number.
func reportSystem(n *node) string {
	for _, i := range n.Identifier {
		if readable(i.Value, mostName) == "" {
			continue
		}
		if system := readable(i.System, mostName); system != "" {
			return system
		}
		break
	}
	return fhirSystem
}

func (b *bundle) performer(n *node) string {
	for _, p := range n.Performer {
		if p.Display != "" {
			return readable(p.Display, mostName)
		}
	}
	return ""
}

func (b *bundle) effective(n *node) time.Time {
	for _, s := range []string{n.Effective, n.Instant, n.Period.Start, n.Period.End} {
		if t := b.time(s); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func (b *bundle) time(s string) time.Time {
	if t, ok := parseTime(s, b.zone); ok {
		return t
	}
	return time.Time{}
}
