package labs

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"careline/bot"
)

// hl7Reports are a patient's reports in a message.
type hl7Reports struct {
	*hl7Message
	person *hl7Person
	order  []*hl7Report
	known  map[string]*hl7Report // by system and number
	ids    map[string]string     // the first result of a code and sub-id, whatever its panel
}

// hl7Report is a report on its way: orders with the same number are one.
type hl7Report struct {
	bot.Report
	taken map[string]int // results by id
	bySub map[string]string
}

// hl7Times are an order's times.
type hl7Times struct{ collected, issued time.Time }

// add reads an order; the reason why it cannot be trusted, "" when it can.
func (r *hl7Reports) add(o *hl7Order) string {
	system, number := r.numberOf(o)
	times, ok := r.timesOf(o)
	status := r.statusCode(o.obr.field(25))
	switch {
	case number == "":
		return "the order has no number (OBR-3, OBR-2)"
	case !ok:
		return "a time of the order cannot be read"
	case times.collected.IsZero() && times.issued.IsZero():
		return "neither the order nor the message says when"
	case len(o.items) == 0 && status == "":
		return "the order has neither a result nor a status"
	}
	report := r.report(system, number)
	stated := orderStatus(status)
	switch report.Status {
	case "":
		report.Title = readable(r.coded(r.first(o.obr.field(4)), r.parts).said(), mostName)
		report.Status, report.CollectedAt = stated, times.collected
	case stated:
	default:
		report.Status = bot.StatusUnknown // its results decide
	}
	if times.issued.After(report.IssuedAt) {
		report.IssuedAt = times.issued
	}
	b := &hl7Builder{hl7Reports: r, order: o, report: report, status: status, times: times, specimen: r.specimenOf(o)}
	first := len(report.Results)
	for _, item := range o.items {
		b.add(item)
	}
	switch {
	case len(o.notes) == 0:
	case len(report.Results) > first:
		x := &report.Results[first]
		x.Note = noteOf(append(o.notes, x.Note))
	default: // why a sample was refused, for example: staff must see it
		r.refuse(r.position, "the order has a comment and no result to show it with", append([]hl7Segment{r.segments[0], r.person.pid}, o.segments...)...)
	}
	return ""
}

// hand hands on the reports when all orders are read.
func (r *hl7Reports) hand() {
	for _, report := range r.order {
		if report.Status == bot.StatusUnknown {
			report.Status = hl7ReportStatus(report.Results)
		}
		if report.Laboratory == "" {
			report.Laboratory = r.said(r.part(r.header(4), 1), mostName)
		}
		r.records = append(r.records, bot.ImportRecord{Patient: r.person.patient, Report: report.Report, Position: r.position})
	}
}

func (r *hl7Reports) report(system, number string) *hl7Report {
	key := system + "\x00" + number
	report, known := r.known[key]
	if !known {
		report = &hl7Report{Report: bot.Report{System: system, Number: number}, taken: map[string]int{}, bySub: map[string]string{}}
		r.known[key] = report
		r.order = append(r.order, report)
	}
	return report
}

// numberOf is the laboratory's number of an order (OBR-3, ORC-3), else that of who
// ordered it (OBR-2, ORC-2), and who gave it.
func (m *hl7Message) numberOf(o *hl7Order) (system, number string) {
	for _, field := range []string{o.obr.field(3), o.orc.field(3), o.obr.field(2), o.orc.field(2)} {
		field = m.first(field)
		if number = m.key(m.part(field, 1)); number != "" {
			return cmp.Or(m.key(m.part(field, 2)), m.key(m.part(field, 3)), m.sender()), number
		}
	}
	return "", ""
}

// timesOf reads when an order's specimen was taken (OBR-7, SPM-17) and when this
// version of its results was released (OBR-22, else the message's own time).
func (m *hl7Message) timesOf(o *hl7Order) (t hl7Times, ok bool) {
	collected := o.obr.field(7)
	for _, s := range o.specimens {
		collected = cmp.Or(collected, s.field(17))
	}
	var read, released bool
	t.collected, read = m.time(collected)
	t.issued, released = m.time(cmp.Or(o.obr.field(22), m.header(7)))
	return t, read && released
}

// specimenOf is what an order examined (SPM-4, OBR-15); unknown where its
// specimens differ.
func (m *hl7Message) specimenOf(o *hl7Order) bot.Specimen {
	if len(o.specimens) == 0 {
		return m.specimenSaid(m.part(m.first(o.obr.field(15)), 1), m.subparts)
	}
	first := m.specimenSaid(m.first(o.specimens[0].field(4)), m.parts)
	for _, s := range o.specimens[1:] {
		if m.specimenSaid(m.first(s.field(4)), m.parts) != first {
			return bot.SpecimenUnknown
		}
	}
	return first
}

func (m *hl7Message) specimenSaid(s string, by byte) bot.Specimen {
	c := m.coded(s, by)
	for _, code := range []string{c.code, c.alternateCode} {
		if known := hl7Specimen(code); known != bot.SpecimenUnknown {
			return known
		}
	}
	return m.catalogue.words.specimenOf(strings.Join([]string{c.original, c.text, c.alternateText, c.code}, " "))
}

// parentOf is the result an order grew out of, such as the organism of a
// susceptibility: OBR-26 by its id, else OBR-29 by its order's number.
func (m *hl7Message) parentOf(obr hl7Segment) string {
	if field := obr.field(26); m.part(field, 2) != "" || m.subpart(field, 2) != "" {
		return sourceID(m.coded(m.part(field, 1), m.subparts).key(), m.said(m.part(field, 2), mostName))
	}
	field := obr.field(29)
	for _, n := range []int{2, 1} {
		if number := m.key(m.subpart(m.part(field, n), 1)); number != "" {
			return number
		}
	}
	return ""
}

// sourceID is a result's code and sub-id (OBX-3, OBX-4).
func sourceID(key, sub string) string {
	if sub == "" {
		return readable(key, mostName)
	}
	return readable(fmt.Sprintf("%s#%s", key, sub), mostName)
}

// panelID names a result within its report, the same in every version of it: its
// code and sub-id within the panel that was ordered (OBR-4). Laboratories that
// number the sample and not the order send several panels under one number, in
// messages of their own: the same test of two panels is two results, neither a
// correction of the other. A preliminary, a final and a corrected version name the
// same panel; a version that names another stands beside them, and replaces nothing.
func panelID(id, panel string) string {
	if panel == "" {
		return id
	}
	return readable(id+"@"+panel, mostName)
}

// noteOf joins comments. One that had to be cut says so.
func noteOf(notes []string) string {
	text := strings.TrimSpace(strings.Join(notes, "\n"))
	if cut := readable(text, mostText-2); cut != text {
		return strings.TrimSpace(readable(text, mostText-2)) + " …"
	}
	return text
}
