package labs

import (
	"fmt"
	"slices"
	"strings"

	"careline/bot"
)

// valueOf is the value as sent, with a flag printed behind it; a missing one stays
// missing and is never zero.
func valueOf(o *resource) (v bot.Value, flag string) {
	switch {
	case o.Quantity != nil && o.Quantity.Value != "":
		return quantityValue(*o.Quantity), ""
	case o.Integer != "":
		return quantityValue(quantity{Value: o.Integer}), ""
	case o.Ratio != nil && o.Ratio.Numerator.Value != "":
		return bot.Value{Printed: titre(*o.Ratio)}, ""
	case o.SpanOfValues != nil:
		return bot.Value{Printed: printedRange(*o.SpanOfValues)}, ""
	case o.Boolean != nil:
		return bot.Value{Printed: fmt.Sprint(*o.Boolean)}, ""
	}
	for _, text := range []string{o.Concept.said(), o.Concept.anyCode(), o.DateTime, o.Time} {
		if text != "" {
			return bot.Value{Printed: readable(text, mostText)}, ""
		}
	}
	return ParseValue(readable(o.String, mostText), "")
}

// quantityValue reads a quantity. A comparator that is none of ours stays with the
// number, which then cannot be compared.
func quantityValue(q quantity) bot.Value {
	v := bot.Value{Printed: readable(q.Value.String(), mostName), Unit: readable(q.Unit, mostName)}
	if v.Unit == "" {
		v.Unit = readable(q.Code, mostName)
	}
	switch q.Comparator {
	case "", "<", ">", "<=", ">=":
		v.Comparator = q.Comparator
	default:
		v.Printed = readable(q.Comparator+" "+v.Printed, mostName)
		return v
	}
	if number, err := bot.ParseDecimal(v.Printed); err == nil {
		v.Number = number
	}
	return v
}

// titre is a ratio as titres are printed: "1:64".
func titre(r ratio) string {
	printed := r.Numerator.Comparator + r.Numerator.Value.String()
	if r.Denominator.Value != "" {
		printed += ":" + r.Denominator.Comparator + r.Denominator.Value.String()
	}
	return readable(printed, mostName)
}

// intervalOf is the printed interval: the only one, or the one for the patient's
// sex. Several that differ by age or condition are shown and not used.
func intervalOf(ranges []refRange, sex bot.Sex, value *quantity) bot.Interval {
	var fit []refRange
	for _, r := range ranges {
		if r.Age == nil && !treatment(r) && (len(r.AppliesTo) == 0 || forSex(r.AppliesTo, sex)) {
			fit = append(fit, r)
		}
	}
	if len(fit) == 1 {
		return oneInterval(fit[0], value)
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

// forSex reports whether all that a range applies to is the patient's sex: one for
// women in pregnancy is not for every woman.
func forSex(applies []concept, sex bot.Sex) bool {
	return sex != bot.SexUnknown && !slices.ContainsFunc(applies, func(c concept) bool { return sexOf(c.said()) != sex && sexOf(c.anyCode()) != sex })
}

// oneInterval reads a range whose printed text may say more, such as an open bound.
// Bounds that contradict the text, each other or the value's unit are not used.
func oneInterval(r refRange, value *quantity) bot.Interval {
	i := bot.Interval{Printed: printedRange(r)}
	for _, bound := range []*quantity{r.Low, r.High} {
		if bound != nil && value != nil && otherUnit(*bound, *value) {
			i.Printed = readable(i.Printed+" "+unitSaid(*bound), mostName)
			return i
		}
	}
	if r.Low != nil {
		i.Low = quantityValue(*r.Low).Number
	}
	if r.High != nil {
		i.High = quantityValue(*r.High).Number
	}
	printed := ParseInterval(i.Printed)
	switch {
	case i.Low.Valid() && i.High.Valid() && i.Low.Cmp(i.High) > 0, differ(i.Low, printed.Low), differ(i.High, printed.High):
		return bot.Interval{Printed: i.Printed}
	case printed.Usable():
		return printed
	}
	return i
}

func differ(a, b bot.Decimal) bool { return a.Valid() && b.Valid() && a.Cmp(b) != 0 }

func unitSaid(q quantity) string {
	if q.Unit != "" {
		return q.Unit
	}
	return q.Code
}

// otherUnit reports whether two quantities state units that no spelling joins.
func otherUnit(a, b quantity) bool {
	same := func(x, y string) bool { return x != "" && unitKey(x) == unitKey(y) }
	return unitSaid(a) != "" && unitSaid(b) != "" && !same(a.Unit, b.Unit) && !same(a.Code, b.Code) && !same(a.Unit, b.Code) && !same(a.Code, b.Unit)
}

func printedRange(r refRange) string {
	switch {
	case r.Text != "":
		return readable(r.Text, mostName)
	case r.Low != nil && r.High != nil:
		return readable(r.Low.Value.String()+"-"+r.High.Value.String(), mostName)
	case r.Low != nil:
		return readable("≥"+r.Low.Value.String(), mostName)
	case r.High != nil:
		return readable("≤"+r.High.Value.String(), mostName)
	}
	return ""
}
