package labs

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"careline/bot"
)

// WriteFHIR writes a patient and their reports as a FHIR R4 collection Bundle.
// Read takes it in again as it was: digits, printed units, intervals, flags, times,
// ids. The same content gives the same bytes. A name or phone is written when the
// patient has one: leave them out of p where they must not go out.
func WriteFHIR(w io.Writer, p bot.Patient, reports []bot.Report) error {
	e := &export{used: map[string]bool{}}
	e.patient(p)
	for _, r := range reports {
		e.report(r)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	if err := out.Encode(object{"resourceType": "Bundle", "type": "collection", "entry": e.entries}); err != nil {
		return fmt.Errorf("labs: export of patient %d: %w", p.ID, err)
	}
	return nil
}

// object is a JSON object; its keys are written in alphabetical order.
type object map[string]any

// export is a Bundle being written.
type export struct {
	subject object // the reference to the patient
	entries []object
	used    map[string]bool // addresses of entries
}

// add appends a resource and returns the reference to it. Its id follows from
// what names it, so that the same content is the same Bundle.
func (e *export) add(kind, name string, resource object) object {
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:careline:"+kind+":"+name)).String()
	reference := object{"reference": "urn:uuid:" + id}
	if e.used[id] {
		return reference
	}
	e.used[id] = true
	resource["resourceType"], resource["id"] = kind, id
	e.entries = append(e.entries, object{"fullUrl": "urn:uuid:" + id, "resource": resource})
	return reference
}

func (e *export) patient(p bot.Patient) {
	var identifiers []object
	for _, i := range p.Identifiers {
		o := object{"value": i.Value}
		set(o, "system", i.System)
		if i.Type != "" {
			o["type"] = coded(typeSystem, identifierType, i.Type)
		}
		identifiers = append(identifiers, o)
	}
	o := object{"identifier": identifiers}
	set(o, "gender", string(p.Sex))
	set(o, "birthDate", string(p.BirthDate))
	if !p.Name.Empty() {
		o["name"] = []object{{"text": p.Name.Plain()}}
	}
	if !p.Phone.Empty() {
		o["telecom"] = []object{{"system": "phone", "value": p.Phone.Plain()}}
	}
	e.subject = e.add("Patient", fmt.Sprintf("%q", p.Identifiers), o)
}

// report writes a report and its results. Each result is an Observation of its
// own; what it is a component of is said by an extension.
func (e *export) report(r bot.Report) {
	name := fmt.Sprintf("%q %q", r.System, r.Number)
	identifier := object{"value": r.Number}
	if r.System != fhirSystem {
		identifier["system"] = r.System
	}
	o := object{"identifier": []object{identifier}, "subject": e.subject, "code": reportCode(r.Title)}
	setTime(o, "effectiveDateTime", r.CollectedAt)
	setTime(o, "issued", r.IssuedAt)
	status, known := r.Status, reportStatusCode(r.Status)
	if !known || withdrawn(status) && !allWithdrawn(r) {
		status = bot.StatusUnknown
		o["extension"] = []object{text(exportStatus, string(r.Status))}
	}
	o["status"] = string(status)
	if r.Laboratory != "" {
		o["performer"] = []object{e.organization(r.Laboratory)}
	}
	var results []object
	at := len(e.entries)
	for _, x := range r.Results {
		results = append(results, e.result(name, x))
	}
	if len(results) > 0 {
		o["result"] = results
	}
	e.add("DiagnosticReport", name, o)
	// The report before its results, as people read it.
	last := len(e.entries) - 1
	report := e.entries[last]
	copy(e.entries[at+1:], e.entries[at:last])
	e.entries[at] = report
}

// reportCode is a report's title; FHIR wants a code where there is none.
func reportCode(title string) object {
	if title != "" {
		return object{"text": title}
	}
	return object{"coding": []object{{"system": loincSystem, "code": "11502-2"}}} // Laboratory report
}

func withdrawn(s bot.ResultStatus) bool { return s == bot.StatusError || s == bot.StatusCancelled }

// allWithdrawn reports whether a report's status is that of each of its results:
// an import takes a withdrawn report's results for withdrawn too.
func allWithdrawn(r bot.Report) bool {
	for _, x := range r.Results {
		if x.Status != r.Status {
			return false
		}
	}
	return true
}

func (e *export) organization(name string) object {
	return e.add("Organization", name, object{"name": name})
}

func (e *export) specimen(s bot.Specimen) object {
	return e.add("Specimen", string(s), object{"type": object{"text": string(s)}, "subject": e.subject})
}

func set(o object, key, value string) {
	if value != "" {
		o[key] = value
	}
}

func setTime(o object, key string, t time.Time) {
	if !t.IsZero() {
		o[key] = t.UTC().Format(time.RFC3339Nano)
	}
}

func text(url, value string) object { return object{"url": url, "valueString": value} }

// coded is a code of a system where it is one of its codes, else a text.
func coded(system string, known func(string) bool, value string) object {
	if known(value) {
		return object{"coding": []object{{"system": system, "code": value}}}
	}
	return object{"text": value}
}
