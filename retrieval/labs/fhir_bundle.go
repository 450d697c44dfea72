package labs

import (
	"fmt"
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

// bundle is a FHIR file being read: its resources by what they are referred to.
type bundle struct {
	*gather
	zone        *time.Location
	byReference map[string]*resource
	order       []*resource
	positions   map[*resource]string
	used        map[*resource]bool // observations that a report holds
}

// index walks bundles, entries and contained resources.
func (b *bundle) index(r *resource, fullURL string) {
	if b.positions == nil {
		b.positions = map[*resource]string{}
	}
	b.positions[r] = fmt.Sprintf("%s %d", r.Type, len(b.order)+1)
	b.order = append(b.order, r)
	if r.ID != "" {
		b.byReference[r.Type+"/"+r.ID] = r
	}
	if fullURL != "" {
		b.byReference[fullURL] = r
	}
	for i := range r.Contained {
		b.index(&r.Contained[i], "")
	}
	for _, e := range r.Entry {
		if e.Resource != nil {
			b.index(e.Resource, e.FullURL)
		}
	}
}

// resolve follows a reference of r: contained, full address, relative.
func (b *bundle) resolve(r *resource, ref reference) *resource {
	if id, contained := strings.CutPrefix(ref.Reference, "#"); contained {
		for i := range r.Contained {
			if r.Contained[i].ID == id {
				return &r.Contained[i]
			}
		}
		return nil
	}
	if found, ok := b.byReference[ref.Reference]; ok {
		return found
	}
	parts := strings.Split(ref.Reference, "/")
	if len(parts) < 2 {
		return nil
	}
	return b.byReference[strings.Join(parts[len(parts)-2:], "/")]
}

func (b *bundle) collect() {
	for _, r := range b.order {
		if r.Type == "DiagnosticReport" {
			b.diagnosticReport(r)
		}
	}
	for _, r := range b.order {
		if r.Type == "Observation" && !b.used[r] && laboratory(r) {
			b.loose(r)
		}
	}
	for _, r := range b.order {
		if r.Type == "Patient" {
			b.addPatient(r, r)
		}
	}
}

// laboratory reports whether an observation is a laboratory result: those without
// a category are taken, vital signs and histories are not results.
func laboratory(r *resource) bool {
	stated := false
	for _, c := range r.Category {
		for _, code := range c.Coding {
			if code.Code == "laboratory" || code.Code == "LAB" {
				return true
			}
			stated = stated || code.System == categorySystem || code.Code != ""
		}
	}
	return !stated
}

// addPatient finds the patient an item is about. Without a usable identifier the
// item is quarantined: a name is never a key.
func (b *bundle) addPatient(about, p *resource) (int, bool) {
	if p == nil || p.Type != "Patient" {
		b.quarantine(b.positions[about], "the patient it refers to is not in the file", about.ID)
		return 0, false
	}
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
	if len(patient.Identifiers) == 0 {
		if about != p {
			b.quarantine(b.positions[about], "its patient has no identifier", about.ID)
		}
		return 0, false
	}
	first := patient.Identifiers[0]
	return b.patient(first.System+"\x00"+first.Type+"\x00"+first.Value, patient), true
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

func (b *bundle) diagnosticReport(r *resource) {
	var observations []*resource
	for _, ref := range r.Result {
		if o := b.resolve(r, ref); o != nil && o.Type == "Observation" {
			observations = append(observations, b.members(o, 0)...)
		} else {
			b.quarantine(b.positions[r], "a result it refers to is not in the file", ref.Reference)
		}
	}
	for _, o := range observations {
		b.used[o] = true
	}
	subject := b.resolve(r, r.Subject)
	if subject == nil && len(observations) > 0 {
		subject = b.resolve(observations[0], observations[0].Subject)
	}
	patient, ok := b.addPatient(r, subject)
	if !ok {
		return
	}
	report := b.report(patient, bot.Report{
		System: fhirSystem, Number: b.number(r, patient), Title: readable(r.Code.said(), mostName), Status: bot.ResultStatus(r.Status),
		Laboratory: b.performer(r), CollectedAt: b.effective(r), IssuedAt: b.time(r.Issued),
	})
	if system := identifierSystem(r); system != "" {
		report.System = system
	}
	for _, o := range observations {
		b.observation(report, o, r)
	}
}

// members are an observation and those it groups, each once.
func (b *bundle) members(o *resource, depth int) []*resource {
	all := []*resource{o}
	if depth > 5 {
		return all
	}
	for _, ref := range o.Member {
		if m := b.resolve(o, ref); m != nil && m.Type == "Observation" && !slices.Contains(all, m) {
			all = append(all, b.members(m, depth+1)...)
		}
	}
	return all
}

// loose is an observation no report holds: it makes one of its own day.
func (b *bundle) loose(o *resource) {
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
		day = at.Format(time.DateOnly)
	}
	number := b.file.Patients[patient].Patient.Identifiers[0].Value + "/" + day
	report := b.report(patient, bot.Report{System: fhirSystem, Number: number, Status: bot.ResultStatus(o.Status), Laboratory: b.performer(o), CollectedAt: at, IssuedAt: b.time(o.Issued)})
	b.observation(report, o, o)
}

// number is what names a report: its identifier, its id, else its place and time.
func (b *bundle) number(r *resource, patient int) string {
	for _, i := range r.Identifier {
		if i.Value != "" {
			return readable(i.Value, mostName)
		}
	}
	if r.ID != "" {
		return readable(r.ID, mostName)
	}
	return b.file.Patients[patient].Patient.Identifiers[0].Value + "/" + r.Code.anyCode() + "/" + r.Effective + r.Issued
}

func identifierSystem(r *resource) string {
	for _, i := range r.Identifier {
		if i.Value != "" {
			return readable(i.System, mostName)
		}
	}
	return ""
}

func (b *bundle) performer(r *resource) string {
	for _, p := range r.Performer {
		if p.Display != "" {
			return readable(p.Display, mostName)
		}
	}
	return ""
}

func (b *bundle) effective(r *resource) time.Time {
	for _, s := range []string{r.Effective, r.Instant, r.Period.Start, r.Period.End} {
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
