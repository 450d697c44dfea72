package labs

import "careline/bot"

// Direction is where a value lies against its interval; unknown where that
// cannot be said: no number, no interval, or a comparator that leaves it open.
func Direction(v bot.Value, i bot.Interval) bot.Direction {
	if !v.Number.Valid() || !i.Usable() {
		return bot.DirectionUnknown
	}
	switch v.Comparator {
	case "<", "<=":
		return directionBelow(v, i)
	case ">", ">=":
		return directionAbove(v, i)
	}
	switch {
	case i.High.Valid() && beyond(v.Number.Cmp(i.High), i.HighOpen):
		return bot.DirectionHigh
	case i.Low.Valid() && beyond(i.Low.Cmp(v.Number), i.LowOpen):
		return bot.DirectionLow
	}
	return bot.DirectionWithin
}

// directionBelow is where a value lies of which only a bound above is known.
func directionBelow(v bot.Value, i bot.Interval) bot.Direction {
	strict := v.Comparator == "<"
	// What is measured is not below zero: "0-5" binds from above alone.
	if i.Low.Valid() && (i.LowOpen || i.Low.Rat().Sign() != 0) {
		if beyond(i.Low.Cmp(v.Number), i.LowOpen || strict) {
			return bot.DirectionLow
		}
		return bot.DirectionUnknown
	}
	if i.High.Valid() && beyond(v.Number.Cmp(i.High), i.HighOpen && !strict) {
		return bot.DirectionUnknown
	}
	return bot.DirectionWithin
}

// directionAbove is where a value lies of which only a bound below is known.
func directionAbove(v bot.Value, i bot.Interval) bot.Direction {
	strict := v.Comparator == ">"
	if i.High.Valid() {
		if beyond(v.Number.Cmp(i.High), i.HighOpen || strict) {
			return bot.DirectionHigh
		}
		return bot.DirectionUnknown
	}
	if beyond(i.Low.Cmp(v.Number), i.LowOpen && !strict) {
		return bot.DirectionUnknown
	}
	return bot.DirectionWithin
}

// beyond reports whether a comparison lies outside a bound; an open bound is
// itself outside.
func beyond(cmp int, open bool) bool { return cmp > 0 || open && cmp == 0 }
