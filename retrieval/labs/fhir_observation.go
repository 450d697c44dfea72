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
func (b *bundle) observation(report *bot.Report, o, holder, subject *node) {
	id := b.sourceID(report, o)
	in := b.settingOf(o, holder, subject)
	r := b.result(o, &o.measured, id, holder, in)
	switch {
	case r.Name == "":
		b.refuse(o, "the observation has no name or code")
		return
	case !b.take(id):
		b.refuseAlone(o, "the report has another result with the same id")
		return
	}
	if r.Value.Printed != "" || len(o.Component)+len(o.Member) == 0 {
		report.Results = append(report.Results, r)
	}
	for i := range o.Component {
		c := b.result(o, &o.Component[i], fmt.Sprintf("%s#%d", id, i+1), holder, in)
		c.ParentID = id
		if c.Name != "" {
			report.Results = append(report.Results, c)
		}
	}
}

// sourceID is the source's own id of a result: what an export of ours says, the
// resource's id, else its place in the report.
func (b *bundle) sourceID(report *bot.Report, o *node) string {
	for _, i := range o.Identifier {
		if i.System == exportSource && readable(i.Value, mostName) != "" {
			return readable(i.Value, mostName)
		}
	}
	if id := readable(o.ID, mostName); id != "" {
		return id
	}
	return fmt.Sprintf("%s/%d", readable(o.Code.anyCode(), mostName), len(report.Results)+1)
}

// result reads an observation, or a part of it: one of its components.
func (b *bundle) result(o *node, part *measured, id string, holder *node, in setting) bot.Result {
	value, flag := valueOf(part)
	r := bot.Result{
		SourceID: id, Name: readable(part.Code.said(), mostName), Code: readable(part.Code.code(loincSystem), mostName), Specimen: b.specimen(o),
		Method: readable(o.Method.said(), mostName), Status: statusWithin(o, holder), EffectiveAt: b.effectiveWithin(o, holder), IssuedAt: b.issuedWithin(o, holder),
		Laboratory: b.laboratoryOf(o), AbsentReason: readable(part.Absent.anyCode(), mostName), Value: value, Flag: flag,
	}
	r.Interval = intervalOf(part.Range, whom{b.catalogue.words, in.sex, in.born, r.EffectiveAt.In(b.zone)}, part.Quantity)
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
	if r.Value.Printed == "" && (len(part.Sampled) > 0 || len(part.Attachment) > 0) {
		r.AbsentReason = "unsupported"
		r.Note = readable(strings.TrimSpace(r.Note+"\n"+unshown), mostText)
	}
	if r.Value.Printed == "" && r.AbsentReason == "" {
		r.AbsentReason = "unknown"
	}
	exported(part.Extension, &r)
	b.complete(&r, part.Quantity, in)
	if said(part.Extension, exportDoubt) != nil {
		r.UnitProblem, r.Direction, r.FlagConflict = true, bot.DirectionUnknown, false
	}
	return r
}

// unshown is said of a value that is no number and no words.
const unshown = "原文为曲线或附件，这里不能显示。 The value came as a curve or an attachment, which cannot be shown here."

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

// fhirReportStatus is a report's status, as an export of ours says it where FHIR has
// no word for it.
func fhirReportStatus(n *node) bot.ResultStatus {
	if e := said(n.Extension, exportStatus); e != nil {
		return fhirStatus(e.String)
	}
	return fhirStatus(n.Status)
}

// effectiveWithin is when an observation was made, else when its report says so.
func (b *bundle) effectiveWithin(o, holder *node) time.Time {
	return firstTime(b.collected(o), b.collected(holder), b.time(holder.Issued))
}

// issuedWithin is when the source released this version of an observation.
func (b *bundle) issuedWithin(o, holder *node) time.Time {
	return firstTime(b.time(o.Issued), b.time(o.Meta.LastUpdated), b.time(holder.Issued))
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func (b *bundle) settingOf(o, holder, subject *node) setting {
	in := setting{sex: bot.SexUnknown}
	if holder != o {
		in.title = readable(holder.Code.said(), mostName)
	}
	if subject != nil {
		in.sex, in.born = b.catalogue.words.sexOf(subject.Gender), birthDate(subject.BirthDate)
	}
	return in
}

func (b *bundle) specimen(o *node) bot.Specimen {
	for _, ref := range o.Specimen {
		if s := b.resolve(o, ref); s != nil && s.SpecimenType.said() != "" {
			return b.catalogue.words.specimenOf(s.SpecimenType.said())
		}
		if ref.Display != "" {
			return b.catalogue.words.specimenOf(ref.Display)
		}
	}
	return bot.SpecimenUnknown
}
