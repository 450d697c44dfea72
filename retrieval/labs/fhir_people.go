package labs

import (
	"strings"
	"time"

	"careline/bot"
)

// mostIdentifiers is how many identifiers one patient may have.
const mostIdentifiers = 100

// patient is whom an item is about. Without a usable identifier the item is
// quarantined: a name is never a key.
func (b *bundle) patient(about, p *node) (bot.Patient, bool) {
	if p == nil || p.Type != "Patient" {
		b.refuse(about, "the patient it refers to is not in the file")
		return bot.Patient{}, false
	}
	patient := b.patientOf(p)
	switch {
	case len(patient.Identifiers) == 0:
		b.refuse(about, "the patient has no identifier")
		return patient, false
	case len(patient.Identifiers) > mostIdentifiers:
		b.refuse(about, "the patient has too many identifiers")
		return patient, false
	}
	if _, ok := b.known(patient); !ok {
		b.refuse(about, anotherPerson)
		return patient, false
	}
	return patient, true
}

// onlyPatient hands on a patient whom no report named.
func (b *bundle) onlyPatient(n *node) {
	patient, ok := b.patient(n, n)
	if !ok {
		return
	}
	if seen, ok := b.known(patient); ok && !seen.sent {
		b.record(bot.ImportRecord{Patient: patient, Position: n.path})
	}
}

// merges hands on what a patient's links say of replaced records
// (hl7.org/fhir/R4/valueset-link-type.html).
func (b *bundle) merges(n *node) {
	for _, l := range n.Link {
		if l.Type != "replaced-by" && l.Type != "replaces" {
			continue
		}
		other := b.resolve(n, l.Other)
		if other == nil || other.Type != "Patient" {
			b.refuse(n, "the patient it is linked to is not in the file")
			continue
		}
		survivor, retired := b.patientOf(other), b.patientOf(n)
		if l.Type == "replaces" {
			survivor, retired = retired, survivor
		}
		if len(survivor.Identifiers) > 0 && len(retired.Identifiers) > 0 && b.err == nil {
			b.fail(b.to.Merge(bot.Merge{Survivor: survivor, Retired: retired.Identifiers, Position: n.path}))
		}
	}
}

func (b *bundle) patientOf(p *node) bot.Patient {
	patient := bot.Patient{Name: bot.T(readable(nameOf(p.Name), mostName)), Sex: b.catalogue.words.sexOf(p.Gender), BirthDate: birthDate(p.BirthDate)}
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

// patientNumber names a patient in the form FHIR searches by.
func patientNumber(p bot.Patient) string {
	return p.Identifiers[0].System + "|" + p.Identifiers[0].Value
}

// laboratoryOf is the organisation among a resource's performers, else what a
// performer is called that is not known to be a person.
func (b *bundle) laboratoryOf(n *node) string {
	called := ""
	for _, p := range n.Performer {
		of := b.resolve(n, p)
		if of != nil && of.Type == "PractitionerRole" {
			p = of.Organization
			of = b.resolve(of, p)
		}
		if of != nil && of.Type == "Organization" && nameOf(of.Name) != "" {
			return readable(nameOf(of.Name), mostName)
		}
		person := of != nil && of.Type == "Practitioner" || strings.Contains(p.Reference, "Practitioner/")
		if called == "" && !person {
			called = readable(p.Display, mostName)
		}
	}
	return called
}
