package labs

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"careline/bot"
)

// hl7Builder reads the results of one order.
type hl7Builder struct {
	*hl7Reports
	order    *hl7Order
	report   *hl7Report
	status   string // OBR-25
	times    hl7Times
	specimen bot.Specimen
}

// add reads a result into its report, or quarantines it.
func (b *hl7Builder) add(item *hl7Item) {
	x, reason := b.result(item)
	if reason != "" {
		b.refuse(fmt.Sprintf("%s, segment %d", b.position, item.number), reason, b.alone(item)...)
		return
	}
	b.catalogue.completeHL7(&x, b.unit(item.obx.field(6)).ucum, setting{sex: b.person.patient.Sex, born: b.person.patient.BirthDate, title: b.report.Title})
	b.report.Results = append(b.report.Results, x)
	if b.report.Laboratory == "" {
		b.report.Laboratory = x.Laboratory
	}
}

// alone is a result with what its order says, as a message of its own.
func (b *hl7Builder) alone(item *hl7Item) []hl7Segment {
	all := []hl7Segment{b.segments[0], b.person.pid}
	if b.perSpecimen() {
		all = append(all, b.order.specimens...)
	}
	if b.order.orc.id != "" {
		all = append(all, b.order.orc)
	}
	all = append(append(append(all, b.order.obr, item.obx), item.lines...), item.noted...)
	if !b.perSpecimen() {
		all = append(all, b.order.specimens...)
	}
	return all
}

// result reads an OBX segment; the reason why it cannot be trusted, "" when it can.
func (b *hl7Builder) result(item *hl7Item) (x bot.Result, reason string) {
	obx := item.obx
	named := b.coded(b.first(obx.field(3)), b.parts)
	code := b.statusCode(obx.field(11))
	value, absent := b.valueOf(item), ""
	at, observed := b.observed(obx)
	switch {
	case named.said() == "":
		return x, "the result has no name and no code (OBX-3)"
	case !observed:
		return x, "a time of the result cannot be read"
	case code == "U" && value.Printed == "":
		return x, "the result is made final without its value; it must be sent with it"
	case value.cut:
		return x, "the result is a text of more than 2000 characters"
	}
	if valueless(code) {
		value.Number = bot.Decimal{}
	}
	if value.Printed == "" || valueless(code) {
		absent = absence(code)
	}
	if value.attachment {
		absent, item.notes = "unsupported", append(item.notes, "The result is an attachment, which is not read.")
	}
	id := b.identify(named, obx)
	parent := b.parent(obx)
	value.Unit = b.unit(obx.field(6)).printed
	return bot.Result{
		SourceID: id, ParentID: parent, Name: readable(named.said(), mostName), Code: readable(named.loinc(), mostName), Specimen: b.specimen, Method: b.method(obx),
		Value: value.Value, Interval: ParseInterval(b.said(obx.field(7), mostName)), Flag: cmp.Or(b.flag(obx.field(8)), value.flag), Status: statusIn(code, b.status),
		AbsentReason: absent, Note: noteOf(item.notes), EffectiveAt: at, IssuedAt: b.times.issued, Laboratory: b.laboratory(obx),
	}, ""
}

func (b *hl7Builder) valueOf(item *hl7Item) hl7Value {
	kind := b.said(item.obx.field(2), mostName)
	if len(item.lines) == 0 {
		return b.value(kind, item.obx.field(5))
	}
	var texts []string
	for _, s := range append([]hl7Segment{item.obx}, item.lines...) {
		for _, line := range b.repeats(cmp.Or(s.field(5), " ")) {
			texts = append(texts, b.said(line, 4*mostText))
		}
	}
	return printedValue(kind, texts)
}

// observed is when a result was observed (OBX-14), else when its specimen was
// taken, else analysed (OBX-19), else released.
func (b *hl7Builder) observed(obx hl7Segment) (time.Time, bool) {
	at, ok := b.time(obx.field(14))
	analysed, read := b.time(obx.field(19))
	for _, next := range []time.Time{b.times.collected, analysed, b.times.issued} {
		if at.IsZero() {
			at = next
		}
	}
	return at, ok && read
}

// identify is the result's id; a second result of the same id in a report is another.
func (b *hl7Builder) identify(named hl7Coded, obx hl7Segment) string {
	sub := b.subID(obx)
	plain := sourceID(named.key(), sub)
	id := panelID(plain, b.coded(b.first(b.order.obr.field(4)), b.parts).key())
	b.report.taken[id]++
	if n := b.report.taken[id]; n > 1 {
		id = fmt.Sprintf("%s/%d", id, n)
	}
	if _, known := b.ids[plain]; !known {
		b.ids[plain] = id
	}
	if _, known := b.report.bySub[sub]; !known {
		b.report.bySub[sub] = id
	}
	return id
}

// subID is OBX-4, whose parts (HL7 2.8: type OG) are joined as in the older "1.2".
func (b *hl7Builder) subID(obx hl7Segment) string {
	field := b.first(obx.field(4))
	if b.parts == 0 || strings.IndexByte(field, b.parts) < 0 {
		return b.said(field, mostName)
	}
	return b.said(strings.TrimRight(strings.ReplaceAll(field, string(b.parts), "."), "."), mostName)
}

// parent is the result this one is a part of: that of sub-id 1 for 1.2, else what
// the order grew out of.
func (b *hl7Builder) parent(obx hl7Segment) string {
	sub := b.subID(obx)
	if i := strings.LastIndexByte(sub, '.'); i > 0 {
		if id, known := b.report.bySub[sub[:i]]; known {
			return id
		}
	}
	parent := b.parentOf(b.order.obr)
	return cmp.Or(b.ids[parent], parent)
}

// flag is the mark (OBX-8, table 0078): of several the first that says something
// of the interval.
func (b *hl7Builder) flag(field string) string {
	first := ""
	for _, s := range b.repeats(field) {
		mark := b.said(b.part(s, 1), mostName)
		if b.catalogue.flags.meaning(mark) != flagNothing {
			return mark
		}
		first = cmp.Or(first, mark)
	}
	return first
}

// method is OBX-17.
func (b *hl7Builder) method(obx hl7Segment) string {
	var all []string
	for _, s := range b.repeats(obx.field(17)) {
		all = append(all, b.coded(s, b.parts).said())
	}
	return readable(strings.Join(all, "; "), mostName)
}

// laboratory is who made the result: OBX-23, else OBX-15.
func (b *hl7Builder) laboratory(obx hl7Segment) string {
	return readable(cmp.Or(b.said(b.part(b.first(obx.field(23)), 1), mostName), b.coded(b.first(obx.field(15)), b.parts).said()), mostName)
}

// completeHL7 reads the unit from its UCUM code where its printed form is not
// known. Two units that are not the same leave open which one was meant.
func (c *Catalogue) completeHL7(r *bot.Result, code string, in setting) {
	if code == "" {
		c.complete(r, in)
		return
	}
	printed := r.Value.Unit
	of, coded := c.units[unitKey(printed)], c.units[unitKey(code)]
	if of == "" && coded != "" {
		r.Value.Unit = code
	}
	c.complete(r, in)
	r.Value.Unit = printed
	if of != "" && coded != "" && !c.wording.agree(printed, code) {
		r.UnitProblem, r.Direction = true, bot.DirectionUnknown
	}
}
