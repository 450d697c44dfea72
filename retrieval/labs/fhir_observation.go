package labs

import (
	"fmt"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// observation adds an observation and its components to a report. A panel that
// only groups others has no value and adds nothing itself.
func (b *bundle) observation(report *bot.Report, o, holder *resource) {
	id := o.ID
	if id == "" {
		id = fmt.Sprintf("%s/%d", readable(o.Code.anyCode(), mostName), len(report.Results)+1)
	}
	r := b.result(o, o, id)
	if r.EffectiveAt.IsZero() {
		r.EffectiveAt = b.effective(holder)
	}
	if r.EffectiveAt.IsZero() {
		r.EffectiveAt = b.time(holder.Issued)
	}
	if r.Name == "" {
		b.quarantine(b.positions[o], "the observation has no name or code", o.ID)
		return
	}
	if r.Value.Printed != "" || len(o.Component)+len(o.Member) == 0 {
		report.Results = append(report.Results, r)
	}
	for i := range o.Component {
		c := b.result(&o.Component[i], o, fmt.Sprintf("%s#%d", id, i+1))
		c.ParentID, c.EffectiveAt = id, r.EffectiveAt
		if c.Name != "" {
			report.Results = append(report.Results, c)
		}
	}
}

// result reads what observation and component share; whole is the observation.
func (b *bundle) result(o, whole *resource, id string) bot.Result {
	r := bot.Result{
		SourceID: id, Name: readable(o.Code.said(), mostName), Code: readable(o.Code.code(loincSystem), mostName), Specimen: b.specimen(whole),
		Method: readable(whole.Method.said(), mostName), Status: bot.ResultStatus(whole.Status), EffectiveAt: b.effective(whole), Laboratory: b.performer(whole),
		AbsentReason: readable(o.Absent.anyCode(), mostName),
	}
	if r.Name == "" {
		r.Name = readable(o.Code.anyCode(), mostName)
	}
	for _, n := range whole.Note {
		r.Note = readable(strings.TrimSpace(r.Note+"\n"+n.Text), mostText)
	}
	for _, m := range o.Meaning {
		if r.Flag == "" {
			r.Flag = readable(m.anyCode(), mostName)
		}
	}
	r.Value = valueOf(o)
	if r.Value.Printed == "" && r.AbsentReason == "" {
		r.AbsentReason = "unknown"
	}
	r.Interval = intervalOf(o.Range, b.sexOf(whole))
	b.catalogue.complete(&r)
	return r
}

func (b *bundle) sexOf(o *resource) bot.Sex {
	if p := b.resolve(o, o.Subject); p != nil {
		return sexOf(p.Gender)
	}
	return bot.SexUnknown
}

func (b *bundle) specimen(o *resource) bot.Specimen {
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

// valueOf is the value as sent; a missing one stays missing and is never zero.
func valueOf(o *resource) bot.Value {
	switch {
	case o.Quantity != nil && o.Quantity.Value != "":
		return quantityValue(*o.Quantity)
	case o.Integer != "":
		return quantityValue(quantity{Value: o.Integer})
	case o.Ratio != nil && o.Ratio.Numerator.Value != "":
		return bot.Value{Printed: o.Ratio.Numerator.Value.String() + ":" + o.Ratio.Denominator.Value.String()}
	case o.SpanOfValues != nil:
		return bot.Value{Printed: printedRange(*o.SpanOfValues)}
	case o.Boolean != nil:
		return bot.Value{Printed: fmt.Sprint(*o.Boolean)}
	case o.Concept.said() != "" || o.Concept.anyCode() != "":
		text := o.Concept.said()
		if text == "" {
			text = o.Concept.anyCode()
		}
		return bot.Value{Printed: readable(text, mostText)}
	}
	v, _ := ParseValue(readable(o.String, mostText), "")
	return v
}

func quantityValue(q quantity) bot.Value {
	v := bot.Value{Printed: q.Value.String(), Unit: readable(q.Unit, mostName)}
	if number, err := bot.ParseDecimal(v.Printed); err == nil {
		v.Number = number
	}
	switch q.Comparator {
	case "<", ">", "<=", ">=":
		v.Comparator = q.Comparator
	}
	if v.Unit == "" {
		v.Unit = readable(q.Code, mostName)
	}
	return v
}

// intervalOf is the printed interval: the only one, or the one for the patient's
// sex. Several that differ by age or condition are shown and not used.
func intervalOf(ranges []refRange, sex bot.Sex) bot.Interval {
	var fit []refRange
	for _, r := range ranges {
		if r.Age == nil && !treatment(r) && (len(r.AppliesTo) == 0 || forSex(r.AppliesTo, sex)) {
			fit = append(fit, r)
		}
	}
	if len(fit) == 1 {
		return oneInterval(fit[0])
	}
	var printed []string
	for _, r := range ranges {
		printed = append(printed, printedRange(r))
	}
	return bot.Interval{Printed: readable(strings.Join(printed, "; "), mostName)}
}

// treatment reports whether a range is a target or a critical bound and no
// reference interval.
func treatment(r refRange) bool {
	code := r.Type.anyCode()
	return code != "" && code != "normal"
}

func forSex(applies []concept, sex bot.Sex) bool {
	for _, c := range applies {
		if got := sexOf(c.said()); got != bot.SexUnknown && got == sex {
			return true
		}
		if strings.EqualFold(fold.Text(c.anyCode()), fold.Text(string(sex))) {
			return true
		}
	}
	return false
}

func oneInterval(r refRange) bot.Interval {
	i := bot.Interval{Printed: printedRange(r)}
	if r.Low == nil && r.High == nil {
		return ParseInterval(i.Printed)
	}
	if r.Low != nil {
		i.Low = quantityValue(*r.Low).Number
	}
	if r.High != nil {
		i.High = quantityValue(*r.High).Number
	}
	return i
}

func printedRange(r refRange) string {
	switch {
	case r.Text != "":
		return readable(r.Text, mostName)
	case r.Low != nil && r.High != nil:
		return r.Low.Value.String() + "-" + r.High.Value.String()
	case r.Low != nil:
		return "≥" + r.Low.Value.String()
	case r.High != nil:
		return "≤" + r.High.Value.String()
	}
	return ""
}
