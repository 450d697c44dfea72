package labs

import (
	"fmt"
	"strings"
	"time"

	"careline/bot"
)

const ucumSystem = "http://unitsofmeasure.org"

// observation adds an observation and its components to a report. A panel that
// only groups others has no value and adds nothing itself.
func (b *bundle) observation(report *bot.Report, o, holder *node) {
	id := readable(o.ID, mostName)
	if id == "" {
		id = fmt.Sprintf("%s/%d", readable(o.Code.anyCode(), mostName), len(report.Results)+1)
	}
	r := b.result(o, &o.resource, id, holder)
	key := report.System + "\x00" + report.Number + "\x00" + id
	switch {
	case r.Name == "":
		b.refuse(o, "the observation has no name or code")
		return
	case b.taken[key]:
		b.refuse(o, "the report has another result with the same id")
		return
	}
	b.taken[key] = true
	if r.Value.Printed != "" || len(o.Component)+len(o.Member) == 0 {
		report.Results = append(report.Results, r)
	}
	for i := range o.Component {
		c := b.result(o, &o.Component[i], fmt.Sprintf("%s#%d", id, i+1), holder)
		c.ParentID = id
		if c.Name != "" {
			report.Results = append(report.Results, c)
		}
	}
}

// result reads an observation, or a part of it: one of its components.
func (b *bundle) result(o *node, part *resource, id string, holder *node) bot.Result {
	value, flag := valueOf(part)
	r := bot.Result{
		SourceID: id, Name: readable(part.Code.said(), mostName), Code: readable(part.Code.code(loincSystem), mostName), Specimen: b.specimen(o),
		Method: readable(o.Method.said(), mostName), Status: statusWithin(o, holder), EffectiveAt: b.effectiveWithin(o, holder), Laboratory: b.performer(o),
		AbsentReason: readable(part.Absent.anyCode(), mostName), Value: value, Flag: flag, Interval: intervalOf(part.Range, b.sexOf(o), part.Quantity),
	}
	if r.Name == "" {
		r.Name = readable(part.Code.anyCode(), mostName)
	}
	for _, n := range o.Note {
		r.Note = readable(strings.TrimSpace(r.Note+"\n"+n.Text), mostText)
	}
	for _, m := range part.Meaning {
		if r.Flag == "" {
			r.Flag = readable(m.anyCode(), mostName)
		}
	}
	if r.Value.Printed == "" && r.AbsentReason == "" {
		r.AbsentReason = "unknown"
	}
	b.complete(&r, part.Quantity, b.settingOf(o, holder))
	return r
}

// complete reads the unit from its UCUM code where its printed form is not known.
// Two units that are not the same leave open which one was meant.
func (b *bundle) complete(r *bot.Result, q *quantity, in setting) {
	printed := r.Value.Unit
	if q == nil || q.System != ucumSystem {
		b.catalogue.complete(r, in)
		return
	}
	code := readable(q.Code, mostName)
	of, coded := b.catalogue.units[unitKey(printed)], b.catalogue.units[unitKey(code)]
	if of == "" && coded != "" {
		r.Value.Unit = code
	}
	b.catalogue.complete(r, in)
	r.Value.Unit = printed
	if of != "" && coded != "" && !b.catalogue.wording.agree(printed, code) {
		r.UnitProblem, r.Direction = true, bot.DirectionUnknown
	}
}

// statusWithin is an observation's status; in a report that was withdrawn it is
// the report's.
func statusWithin(o, holder *node) bot.ResultStatus {
	switch status := fhirStatus(holder.Status); status {
	case bot.StatusError, bot.StatusCancelled:
		return status
	}
	return fhirStatus(o.Status)
}

// fhirStatus keeps a status as it is sent; a missing one is not final.
func fhirStatus(s string) bot.ResultStatus {
	if s = readable(s, mostName); s == "" {
		return bot.StatusUnknown
	}
	return bot.ResultStatus(s)
}

// effectiveWithin is when an observation was made, else when its report says so.
func (b *bundle) effectiveWithin(o, holder *node) time.Time {
	for _, at := range []time.Time{b.effective(o), b.effective(holder), b.time(holder.Issued)} {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

func (b *bundle) settingOf(o, holder *node) setting {
	in := setting{sex: b.sexOf(o), title: readable(holder.Code.said(), mostName)}
	if p := b.resolve(o, o.Subject); p != nil {
		in.born = birthDate(p.BirthDate)
	}
	return in
}

func (b *bundle) sexOf(o *node) bot.Sex {
	if p := b.resolve(o, o.Subject); p != nil {
		return sexOf(p.Gender)
	}
	return bot.SexUnknown
}

func (b *bundle) specimen(o *node) bot.Specimen {
	for _, ref := range o.Specimen {
		if s := b.resolve(o, ref); s != nil && s.SpecimenType.said() != "" {
			return specimenOf(s.SpecimenType.said())
		}
		if ref.Display != "" {
			return specimenOf(ref.Display)
		}
	}
	return bot.SpecimenUnknown
}
