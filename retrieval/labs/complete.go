package labs

import (
	"strings"

	"careline/bot"
)

// setting is what a result's interpretation depends on beside the result.
type setting struct {
	sex   bot.Sex
	born  bot.Date
	title string // of its report: "尿常规" says the specimen of "白细胞"
}

// complete works out what the file does not say: the analyte, the unit's code,
// where the value lies. Value, unit, interval and flag stay as printed.
func (c *Catalogue) complete(r *bot.Result, in setting) {
	if a, ok := c.Map(r.Name, r.Code, r.Specimen); ok {
		r.Analyte, r.Specimen = a.ID, a.Specimen
		ucum, possible := c.Unit(a, r.Value.Unit)
		if r.Value.UCUM == "" || !possible {
			r.Value.UCUM = ucum
		}
		r.UnitProblem = !possible
	} else if r.Value.UCUM == "" {
		r.Value.UCUM = c.units[unitKey(r.Value.Unit)]
	}
	r.Direction = Direction(r.Value, r.Interval)
	if !r.Value.Number.Valid() {
		r.Direction = qualitative(r.Value.Printed, r.Interval.Printed)
	}
	mark := c.flags.meaning(r.Flag)
	switch {
	case r.UnitProblem:
		// The number is not the analyte's, so the mark contradicts nothing.
		r.Direction = bot.DirectionUnknown
	case mark.contradicts(r.Direction):
		r.FlagConflict, r.Direction = true, bot.DirectionUnknown
	}
}

// qualitative compares a result in words with a reference in words: the same
// words are within, other words are left to the doctor.
func qualitative(value, reference string) bot.Direction {
	if v := nameKey(value); v != "" && v == nameKey(reference) {
		return bot.DirectionWithin
	}
	return bot.DirectionUnknown
}

// readable cuts control characters and absurd lengths from what a file says.
func readable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

// The longest texts kept of a file, in characters.
const (
	mostName = 200
	mostText = 2000
)
