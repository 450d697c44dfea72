package labs

import (
	"fmt"

	"careline/bot"
)

// output hands on what is read, report by report. The first error of the sink
// ends the reading.
type output struct {
	to      bot.ImportSink
	people  map[string]*person
	reports map[string]int32 // each report's number in the file
	taken   map[resultKey]bool
	open    *bot.ImportRecord // not handed on yet: more of its results may follow
	openKey string
	err     error
}

// person is what has been seen of a patient.
type person struct {
	sex  bot.Sex
	born bot.Date
	sent bool
}

// resultKey names a result in a file.
type resultKey struct {
	report int32
	id     string
}

// mostOpen results are kept together before they are handed on.
const mostOpen = 1000

func (o *output) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

func (o *output) quarantine(position, reason string, raw []byte) {
	if o.err == nil {
		o.fail(o.to.Quarantine(bot.Quarantined{Position: position, Reason: reason, Format: "fhir", Payload: bot.T(string(raw))}))
	}
}

// known notes a patient; false when one of the same identifier has another birth
// date or sex.
func (o *output) known(p bot.Patient) (*person, bool) {
	key := fmt.Sprintf("%q", p.Identifiers[0])
	first := o.people[key]
	if first == nil {
		first = &person{sex: p.Sex, born: p.BirthDate}
		o.people[key] = first
		return first, true
	}
	if first.born != "" && p.BirthDate != "" && first.born != p.BirthDate || first.sex != bot.SexUnknown && p.Sex != bot.SexUnknown && first.sex != p.Sex {
		return nil, false
	}
	if first.born == "" {
		first.born = p.BirthDate
	}
	if first.sex == bot.SexUnknown {
		first.sex = p.Sex
	}
	return first, true
}

// report is the patient's report to add results to.
func (o *output) report(patient bot.Patient, r bot.Report, position string) *bot.Report {
	key := fmt.Sprintf("%q %q %q", patient.Identifiers[0], r.System, r.Number)
	if o.open != nil && o.openKey == key && len(o.open.Report.Results) < mostOpen {
		return &o.open.Report
	}
	o.flush()
	if _, known := o.reports[key]; !known {
		o.reports[key] = int32(len(o.reports))
	}
	o.open, o.openKey = &bot.ImportRecord{Patient: patient, Report: r, Position: position}, key
	return &o.open.Report
}

// take notes a result of the open report; false when it has one of the same id.
func (o *output) take(id string) bool {
	key := resultKey{o.reports[o.openKey], id}
	if o.taken[key] {
		return false
	}
	o.taken[key] = true
	return true
}

// flush hands on the open report.
func (o *output) flush() {
	if o.open == nil {
		return
	}
	record := *o.open
	o.open = nil
	o.record(record)
}

func (o *output) record(r bot.ImportRecord) {
	if p, ok := o.known(r.Patient); ok {
		p.sent = true
	}
	if o.err == nil {
		o.fail(o.to.Record(r))
	}
}
