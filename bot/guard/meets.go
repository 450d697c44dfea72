package guard

import (
	"strings"
	"time"

	"careline/bot"
)

// Meets is the line of the critical table that a fact meets, with Side saying at
// which end, or nil. A result counts while it is usable and inside the line's
// validity; what a person states counts as of blood and in the table's unit when
// they name neither. A result that staff have dealt with meets nothing. Units are
// compared and never converted here; see bot.Fact.Standard.
func Meets(f bot.Fact, table []bot.Critical, now time.Time) *bot.Critical {
	if f.Cleared || !f.Value.Number.Valid() || f.Kind != bot.FactStated && !f.Status.Usable() {
		return nil
	}
	for _, line := range table {
		value, comparable := comparableValue(f, line)
		if !comparable || !inTime(f, line, now) {
			continue
		}
		if side := sideMet(value, line); side != "" {
			line.Side = side
			return &line
		}
	}
	return nil
}

// comparableValue is the fact's value in the line's unit, if the line is about what the
// fact measured: as printed, else in the catalogue's unit, which an exact factor
// led to.
func comparableValue(f bot.Fact, line bot.Critical) (bot.Value, bool) {
	specimen := f.Specimen
	if f.Kind == bot.FactStated && specimen == bot.SpecimenUnknown {
		specimen = bot.SpecimenBlood
	}
	switch {
	case f.Analyte != line.Analyte || specimen != line.Specimen:
		return bot.Value{}, false
	case f.Value.UCUM == line.UCUM, f.Value.UCUM == "" && f.Value.Unit == "" && strings.HasPrefix(line.UCUM, "{"):
		return f.Value, true // "{INR}" is no unit a report prints
	case f.Standard.Number.Valid():
		return f.Standard, f.Standard.UCUM == line.UCUM
	}
	return f.Value, f.Kind == bot.FactStated && f.Value.UCUM == "" && f.Value.Unit == ""
}

// inTime: a result is news for the line's hours; what is stated is of now unless
// it is dated.
func inTime(f bot.Fact, line bot.Critical, now time.Time) bool {
	if f.At.IsZero() {
		return f.Kind == bot.FactStated
	}
	return now.Sub(f.At) <= time.Duration(line.ValidHours)*time.Hour
}

// sideMet: "> 6.5" is at least 6.5 and may be critically high; it says nothing
// about low.
func sideMet(v bot.Value, line bot.Critical) bot.Direction {
	below, above := v.Comparator == "<" || v.Comparator == "<=", v.Comparator == ">" || v.Comparator == ">="
	switch {
	case v.Comparator != "" && !below && !above:
		return ""
	case !above && considers(line, bot.DirectionLow) && line.Low.Valid() && v.Number.Cmp(line.Low) <= 0:
		return bot.DirectionLow
	case !below && considers(line, bot.DirectionHigh) && line.High.Valid() && v.Number.Cmp(line.High) >= 0:
		return bot.DirectionHigh
	}
	return ""
}

func considers(line bot.Critical, side bot.Direction) bool {
	return line.Side == "" || line.Side == side
}
