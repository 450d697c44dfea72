package labs

import (
	"time"

	"careline/bot"
)

func (b *bundle) diagnosticReport(n *node) {
	observations := b.observations(n, n.Result, map[*node]bool{})
	subject := b.resolve(n, n.Subject)
	if n.Subject.Reference == "" && len(observations) > 0 {
		subject = b.resolve(observations[0], observations[0].Subject)
	}
	patient, ok := b.addPatient(n, subject)
	if !ok {
		return // its observations are looked at one by one
	}
	report := b.report(patient, bot.Report{
		System: reportSystem(n), Number: b.number(n, patient), Title: readable(n.Code.said(), mostName), Status: fhirStatus(n.Status),
		Laboratory: b.performer(n), CollectedAt: b.effective(n), IssuedAt: b.time(n.Issued),
	})
	for _, o := range observations {
		o.used = true
		if laboratory(o) && b.sameSubject(o, patient) {
			b.observation(report, o, n)
		}
	}
}

// sameSubject reports whether an observation is about its report's patient. One
// about somebody else is quarantined.
func (b *bundle) sameSubject(o *node, patient int) bool {
	if o.Subject.Reference == "" {
		return true
	}
	other, ok := b.addPatient(o, b.resolve(o, o.Subject))
	if ok && other != patient {
		b.refuse(o, "the observation is about another patient than its report")
	}
	return ok && other == patient
}

// observations are what references of n lead to, and what those group, each once.
func (b *bundle) observations(n *node, refs []reference, seen map[*node]bool) []*node {
	var all []*node
	for _, ref := range refs {
		o := b.resolve(n, ref)
		switch {
		case o == nil || o.Type != "Observation":
			b.quarantine(n.position, "a result it refers to is not in the file", readable(ref.Reference, mostText))
		case !seen[o]:
			seen[o] = true
			all = append(append(all, o), b.observations(o, o.Member, seen)...)
		}
	}
	return all
}

// loose is an observation no report holds: it makes one of its patient's day.
func (b *bundle) loose(o *node) {
	patient, ok := b.addPatient(o, b.resolve(o, o.Subject))
	if !ok {
		return
	}
	at := b.effective(o)
	if at.IsZero() {
		at = b.time(o.Issued)
	}
	day := "undated"
	if !at.IsZero() {
		day = at.In(b.zone).Format(time.DateOnly)
	}
	report := b.report(patient, bot.Report{
		System: fhirSystem, Number: b.patientNumber(patient) + "/" + day, Status: fhirStatus(o.Status), Laboratory: b.performer(o), CollectedAt: at, IssuedAt: b.time(o.Issued),
	})
	b.observation(report, o, o)
}

// patientNumber names a patient in the form FHIR searches by.
func (b *bundle) patientNumber(patient int) string {
	first := b.file.Patients[patient].Patient.Identifiers[0]
	return first.System + "|" + first.Value
}
