package labs

import (
	"fmt"

	"careline/bot"
)

// valueOf is the value as sent, with a flag printed behind it; a missing one stays
// missing and is never zero.
func valueOf(o *measured) (v bot.Value, flag string) {
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
	for _, text := range []string{o.Concept.said(), o.Concept.anyCode(), o.DateTime, o.Time, o.Span.printed()} {
		if text != "" {
			return bot.Value{Printed: readable(text, mostText)}, ""
		}
	}
	return ParseValue(readable(o.String, mostText), "")
}

// printed is a period as two times.
func (p period) printed() string {
	if p.Start == "" && p.End == "" {
		return ""
	}
	return p.Start + "/" + p.End
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
