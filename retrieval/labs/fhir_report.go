package labs

import (
	"fmt"
	"time"

	"careline/bot"
)

func (b *bundle) diagnosticReport(n *node) {
	found := &members{taken: map[*node]bool{}, places: map[int32]bool{}}
	b.observations(n, n.Result, found, 0)
	if found.missing > 0 {
		b.refuse(n, fmt.Sprintf("%d results it refers to are not in the file, or in too many reports", found.missing))
	}
	subject := b.resolve(n, n.Subject)
	if n.Subject.Reference == "" && len(found.all) > 0 {
		first := b.read(found.all[0])
		subject = b.resolve(first, first.Subject)
	}
	patient, ok := b.patient(n, subject)
	if !ok {
		return // its observations are looked at one by one
	}
	report := bot.Report{
		System: reportSystem(n), Number: reportNumber(n, patient), Title: readable(n.Code.said(), mostName), Status: fhirReportStatus(n),
		Laboratory: b.laboratoryOf(n), CollectedAt: b.collected(n), IssuedAt: b.time(n.Issued),
	}
	b.report(patient, report, n.path)
	for _, m := range found.all {
		o := b.read(m)
		if o == nil {
			return // the source failed
		}
		b.hold(m, o)
		if laboratory(o) && b.sameSubject(o, patient) {
			b.observation(b.report(patient, report, n.path), o, n, subject)
		}
	}
	b.flush()
}

// sameSubject reports whether an observation is about its report's patient. One
// about somebody else is quarantined.
func (b *bundle) sameSubject(o *node, patient bot.Patient) bool {
	if o.Subject.Reference == "" {
		return true
	}
	other, ok := b.patient(o, b.resolve(o, o.Subject))
	if ok && other.Identifiers[0] != patient.Identifiers[0] {
		b.refuseAlone(o, "the observation is about another patient than its report")
		return false
	}
	return ok
}

// loose is an observation no report holds: it makes one of its patient's day.
func (b *bundle) loose(o *node) {
	subject := b.resolve(o, o.Subject)
	patient, ok := b.patient(o, subject)
	if !ok {
		return
	}
	at := b.collected(o)
	if at.IsZero() {
		at = b.time(o.Issued)
	}
	day := "undated"
	if !at.IsZero() {
		day = at.In(b.zone).Format(time.DateOnly)
	}
	report := b.report(patient, bot.Report{
		System: fhirSystem, Number: patientNumber(patient) + "/" + day, Status: fhirStatus(o.Status), Laboratory: b.laboratoryOf(o), CollectedAt: at, IssuedAt: b.time(o.Issued),
	}, o.path)
	o.used = true
	b.observation(report, o, o, subject)
}

// reportNumber is what names a report: its identifier, its id, else its place and time.
func reportNumber(n *node, patient bot.Patient) string {
	for _, i := range n.Identifier {
		if number := readable(i.Value, mostName); number != "" {
			return number
		}
	}
	if id := readable(n.ID, mostName); id != "" {
		return id
	}
	return patientNumber(patient) + "/" + readable(n.Code.anyCode()+"/"+n.Effective+n.Issued, mostName)
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

// collected is when what was examined was taken.
func (b *bundle) collected(n *node) time.Time {
	for _, s := range []string{n.Effective, n.Instant, n.Period.Start, n.Period.End} {
		if t := b.time(s); !t.IsZero() {
			return t
		}
	}
	for _, ref := range n.Specimen {
		if s := b.resolve(n, ref); s != nil && s.Type == "Specimen" {
			for _, at := range []string{s.Collection.Time, s.Collection.Period.Start} {
				if t := b.time(at); !t.IsZero() {
					return t
				}
			}
		}
	}
	return time.Time{}
}

func (b *bundle) time(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && t.Year() > 1900 && t.Year() < 2200 {
		return t.UTC() // what FHIR asks for, and nearly always sent
	}
	t, _ := parseTime(s, b.zone)
	return t
}
