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
// the interval meant for the person, where the value lies. Value, unit, interval
// and flag stay as printed.
func (c *Catalogue) complete(r *bot.Result, in setting) {
	c.identify(r, in)
	if !r.Interval.Usable() {
		r.Interval = c.labelled(r.Interval.Printed, personAt(in.sex, in.born, r.EffectiveAt))
	}
	r.Direction = c.direction(*r)
	r.FlagConflict = false
	mark := c.flags.meaning(r.Flag)
	switch {
	case r.UnitProblem:
		// The number is not the analyte's, so the mark contradicts nothing.
		r.Direction = bot.DirectionUnknown
	case mark.contradicts(r.Direction):
		r.FlagConflict, r.Direction = true, bot.DirectionUnknown
	}
}

// Complete is a stored or quarantined result as the catalogue understands it now,
// for a patient of whom sex and birth date are looked at, on a report of a title.
func (c *Catalogue) Complete(r bot.Result, p bot.Patient, title string) bot.Result {
	c.complete(&r, setting{sex: p.Sex, born: p.BirthDate, title: title})
	return r
}

// identify finds the analyte and reads the unit. What nearer than the title says
// the specimen is heard first: the item's own specimen, then its name.
func (c *Catalogue) identify(r *bot.Result, in setting) {
	specimen := r.Specimen
	if specimen == bot.SpecimenUnknown {
		if specimen = c.words.specimenIn(r.Name); specimen == bot.SpecimenUnknown {
			specimen = c.words.specimenOfTitle(in.title)
		}
	}
	a, ok := c.find(wanted{name: r.Name, code: r.Code, specimen: specimen, unit: r.Value.Unit, worded: c.scales.worded(r.Value)})
	if !ok {
		if r.Value.UCUM == "" {
			r.Value.UCUM = c.units[unitKey(r.Value.Unit)]
		}
		return
	}
	r.Analyte, r.Specimen = a.ID, a.Specimen
	ucum, possible := c.Unit(a, r.Value.Unit)
	if r.Value.UCUM == "" || !possible {
		r.Value.UCUM = ucum
	}
	r.Value.UCUM = c.marked(a, *r)
	r.UnitProblem = !possible || !c.codeFitsUnit(a, r.Code, r.Value.UCUM)
}

// direction is where a value lies by its printed interval: as a number, a titre
// or a word of a scale.
func (c *Catalogue) direction(r bot.Result) bot.Direction {
	if r.Value.Number.Valid() {
		return Direction(r.Value, r.Interval)
	}
	if _, _, ok := readTitre(r.Value.Shown()); ok {
		return titreDirection(r.Value.Shown(), r.Interval.Printed)
	}
	return c.scales.compare(r.Value.Printed, r.Interval.Printed)
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
