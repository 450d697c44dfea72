package labs

import (
	"regexp"
	"strings"

	"golang.org/x/text/width"

	"careline/bot"
)

var (
	rangeText = regexp.MustCompile(`^\(?\s*(-?\d+(?:\.\d+)?)\s*(?:-{1,2}|~|–|—+|－|至|到|to)\s*(-?\d+(?:\.\d+)?)\s*\)?(?:\s*[^\d\s].*)?$`)
	boundText = regexp.MustCompile(`^(<=|>=|≤|≥|<|>|小于|大于|不高于|不低于)\s*(-?\d+(?:\.\d+)?)(?:\s*[^\d\s].*)?$`)
)

// ParseInterval reads a printed reference interval: "3.5-9.5", "1.003 ~ 1.03",
// "<5.2", "≥60". Printed stays as printed; a text without usable bounds
// ("阴性", "男:… 女:…") has none.
func ParseInterval(printed string) bot.Interval {
	i := bot.Interval{Printed: strings.TrimSpace(printed)}
	text := strings.TrimSpace(plainDigits(printed))
	if m := rangeText.FindStringSubmatch(text); m != nil {
		low, errLow := bot.ParseDecimal(m[1])
		high, errHigh := bot.ParseDecimal(m[2])
		if errLow == nil && errHigh == nil && low.Cmp(high) <= 0 {
			i.Low, i.High = low, high
		}
		return i
	}
	m := boundText.FindStringSubmatch(text)
	if m == nil {
		return i
	}
	bound, err := bot.ParseDecimal(m[2])
	if err != nil {
		return i
	}
	switch m[1] {
	case "<", "小于":
		i.High, i.HighOpen = bound, true
	case "<=", "≤", "不高于":
		i.High = bound
	case ">", "大于":
		i.Low, i.LowOpen = bound, true
	default:
		i.Low = bound
	}
	return i
}

// plainDigits brings full-width forms and the middle dot some printers use for a
// decimal point to plain ones.
func plainDigits(s string) string {
	return strings.NewReplacer("·", ".", "．", ".", "～", "~", "〜", "~", "−", "-").Replace(width.Narrow.String(s))
}

// Direction is where a value lies against its interval; unknown where that
// cannot be said: no number, no interval, or a comparator that leaves it open.
func Direction(v bot.Value, i bot.Interval) bot.Direction {
	if !v.Number.Valid() || !i.Usable() {
		return bot.DirectionUnknown
	}
	above := i.High.Valid() && beyond(v.Number.Cmp(i.High), i.HighOpen)
	below := i.Low.Valid() && beyond(i.Low.Cmp(v.Number), i.LowOpen)
	switch v.Comparator {
	case "<", "<=":
		// All that is known is that the value is smaller still.
		if below || i.Low.Valid() && v.Comparator == "<" && v.Number.Cmp(i.Low) <= 0 {
			return bot.DirectionLow
		}
		if !i.Low.Valid() && !above {
			return bot.DirectionWithin
		}
		return bot.DirectionUnknown
	case ">", ">=":
		if above || i.High.Valid() && v.Comparator == ">" && v.Number.Cmp(i.High) >= 0 {
			return bot.DirectionHigh
		}
		if !i.High.Valid() && !below {
			return bot.DirectionWithin
		}
		return bot.DirectionUnknown
	}
	switch {
	case above:
		return bot.DirectionHigh
	case below:
		return bot.DirectionLow
	}
	return bot.DirectionWithin
}

// beyond reports whether a comparison lies outside a bound; an open bound is
// itself outside.
func beyond(cmp int, open bool) bool { return cmp > 0 || open && cmp == 0 }
