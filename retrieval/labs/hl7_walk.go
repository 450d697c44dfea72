package labs

import (
	"fmt"

	"careline/bot"
)

// hl7Person is a patient in a message with the orders that belong to them.
type hl7Person struct {
	pid     hl7Segment
	patient bot.Patient
	orders  []*hl7Order
	loose   []hl7Segment // results outside an order
}

// hl7Order is an order in a message with its results.
type hl7Order struct {
	obr, orc  hl7Segment
	specimens []hl7Segment
	notes     []string
	items     []*hl7Item
	segments  []hl7Segment // as they stand in the message
}

// hl7Item is one result of an order.
type hl7Item struct {
	number int // of its segment in the message
	obx    hl7Segment
	lines  []hl7Segment // further segments with lines of the same text
	noted  []hl7Segment // the segments of its comments
	notes  []string
}

// hl7Walk goes through a message's segments and keeps what each one belongs to.
type hl7Walk struct {
	*hl7Message
	person   *hl7Person
	order    *hl7Order
	item     *hl7Item
	common   hl7Segment // the order control before the next order
	specimen hl7Segment // the specimen of the orders that follow
	noted    bool       // a comment belongs to the item or order read last
}

// results reads a message of results. All its patients are looked at before any
// result is: a message that is broken further down brings nothing.
func (m *hl7Message) results() {
	w := &hl7Walk{hl7Message: m}
	var people []*hl7Person
	for i, s := range m.segments[1:] {
		if s.id == "PID" {
			w.person = &hl7Person{pid: s, patient: m.patient(s)}
			w.order, w.item, w.common, w.specimen, w.noted = nil, nil, hl7Segment{}, hl7Segment{}, false
			people = append(people, w.person)
			continue
		}
		w.segment(i+2, s)
	}
	if len(people) == 0 {
		m.distrust("the message has no patient (PID)")
	}
	for _, p := range people {
		m.ofPerson(p)
	}
}

// segment puts a segment where it belongs; one that is not known belongs nowhere.
func (w *hl7Walk) segment(number int, s hl7Segment) {
	switch s.id {
	case "ORC", "OBR", "OBX", "SPM":
		if w.person == nil {
			w.distrust("an order or a result stands before the patient (PID)")
			return
		}
	}
	switch s.id {
	case "ORC":
		w.control(s)
	case "OBR":
		w.open(s)
	case "OBX":
		w.result(number, s)
	case "SPM":
		w.sample(s)
	case "NTE":
		w.note(s)
	case "SAC", "INV":
		w.noted = false
	}
}

// control keeps an order control: in OUL it stands behind its order.
func (w *hl7Walk) control(s hl7Segment) {
	w.noted = false
	if w.part(w.header(9), 1) == "OUL" && w.order != nil && w.order.orc.id == "" && len(w.order.items) == 0 {
		w.order.orc = s
		w.order.segments = append(w.order.segments, s)
		return
	}
	w.common = s
}

func (w *hl7Walk) open(s hl7Segment) {
	o := &hl7Order{obr: s, orc: w.common}
	for _, before := range []hl7Segment{w.specimen, w.common} {
		if before.id != "" {
			o.segments = append(o.segments, before)
		}
	}
	if w.specimen.id != "" {
		o.specimens = append(o.specimens, w.specimen)
	}
	o.segments = append(o.segments, s)
	w.person.orders = append(w.person.orders, o)
	w.order, w.item, w.common, w.noted = o, nil, hl7Segment{}, true
}

// sample is a specimen: of the orders behind it, or of the one before it. What is
// observed of a specimen before its orders is no result of theirs.
func (w *hl7Walk) sample(s hl7Segment) {
	w.noted = false
	if w.perSpecimen() || w.order == nil {
		w.order, w.item, w.specimen = nil, nil, s
		return
	}
	w.order.specimens = append(w.order.specimens, s)
	w.order.segments = append(w.order.segments, s)
}

func (w *hl7Walk) result(number int, s hl7Segment) {
	w.noted = w.order != nil
	if w.order == nil {
		w.person.loose = append(w.person.loose, s)
		return
	}
	w.order.segments = append(w.order.segments, s)
	if w.item != nil && w.continued(s) {
		w.item.lines = append(w.item.lines, s)
		return
	}
	w.item = &hl7Item{number: number, obx: s}
	w.order.items = append(w.order.items, w.item)
}

// continued reports whether a segment brings further lines of the text before it.
func (w *hl7Walk) continued(s hl7Segment) bool {
	last := w.item.obx
	return (s.field(2) == "TX" || s.field(2) == "FT") && s.field(2) == last.field(2) && s.field(3) != "" && s.field(3) == last.field(3) &&
		s.field(4) == last.field(4) && s.field(11) == last.field(11) && len(w.item.notes) == 0
}

// note adds a comment to the result or order before it.
func (w *hl7Walk) note(s hl7Segment) {
	if !w.noted || w.order == nil {
		return
	}
	w.order.segments = append(w.order.segments, s)
	if w.item != nil {
		w.item.noted = append(w.item.noted, s)
	}
	for _, line := range w.repeats(s.field(3)) {
		text := w.said(line, mostText)
		switch {
		case text == "":
		case w.item != nil:
			w.item.notes = append(w.item.notes, text)
		default:
			w.order.notes = append(w.order.notes, text)
		}
	}
}

// ofPerson reads one patient's orders.
func (m *hl7Message) ofPerson(p *hl7Person) {
	all := append([]hl7Segment{m.segments[0], p.pid}, p.loose...)
	for _, o := range p.orders {
		all = append(all, o.segments...)
	}
	switch {
	case len(p.patient.Identifiers) == 0:
		m.refuse(m.position, noIdentifier, all...)
		return
	case len(p.orders) == 0:
		m.refuse(m.position, "the patient has no order (OBR)", all...)
		return
	}
	if len(p.loose) > 0 && m.part(m.header(9), 1) != "OUL" {
		m.refuse(m.position, "results stand outside an order (OBR)", append([]hl7Segment{m.segments[0], p.pid}, p.loose...)...)
	}
	reports := &hl7Reports{hl7Message: m, person: p, known: map[string]*hl7Report{}, ids: map[string]string{}}
	for i, o := range p.orders {
		if reason := reports.add(o); reason != "" {
			m.refuse(fmt.Sprintf("%s, order %d", m.position, i+1), reason, append([]hl7Segment{m.segments[0], p.pid}, o.segments...)...)
		}
	}
	reports.hand()
}
