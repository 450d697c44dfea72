package labs

import (
	"cmp"
	"math/big"
	"time"

	"careline/bot"
)

// mostPrevious is how many earlier values a fact carries.
const mostPrevious = 10

// fact is a stored result as evidence, with the values before it.
func (f *Finder) fact(zone *time.Location, r record, s stored, language bot.Language) bot.Fact {
	fact := bot.Fact{
		Kind: bot.FactResult, Result: s.ID, Report: s.Report, Analyte: s.Analyte, Name: s.Name, Names: []string{s.Name}, Code: s.Code, Specimen: s.Specimen,
		Value: s.Value, Interval: s.Interval, Flag: s.Flag, Direction: usableDirection(s.Result), Date: bot.DateOf(s.EffectiveAt, zone), At: s.EffectiveAt, Status: s.Status,
		Judged: r.judged(s.EffectiveAt), Cleared: s.cleared, Laboratory: s.Laboratory, Method: s.Method,
	}
	a, known := f.catalogue.Analyte(s.Analyte)
	if known {
		fact.Name = a.Names[language]
		fact.Names = append(fact.Names, f.catalogue.names(a)...)
		if fact.Code == "" {
			fact.Code = codeOf(a, s.Value.UCUM)
		}
		if !s.UnitProblem {
			fact.Standard = f.catalogue.standard(a, s.Value)
			f.catalogue.adultInterval(&fact, a, r.person)
		}
		if a.Variation != nil {
			fact.VariationSource = a.Variation.Source
		}
	}
	fact.Marked = fact.Judged && fact.Direction == bot.DirectionUnknown && f.flagged(s)
	for i := range r.results {
		earlier := &r.results[i]
		if len(fact.Previous) < mostPrevious && earlier.item == s.item && before(earlier.Result, s.Result) {
			p := point(a, s.Result, earlier.Result, zone)
			if !r.judged(earlier.EffectiveAt) {
				p.Direction = bot.DirectionUnknown
			}
			fact.Previous = append(fact.Previous, p)
		}
	}
	return fact
}

// adultInterval gives a value without a printed interval the catalogue's, for an
// adult, in the unit the value is in. Where the printed mark says otherwise, the
// laboratory used another interval, and none is given.
func (c *Catalogue) adultInterval(fact *bot.Fact, a Analyte, person bot.PatientContext) {
	if a.Interval == nil || fact.Interval.Printed != "" || !fact.Judged || person.Age < adult || fact.Value.UCUM != a.Units[0].UCUM {
		return
	}
	i := a.Interval.of(person.Sex)
	direction := Direction(fact.Value, i)
	if !i.Usable() || c.flags.meaning(fact.Flag).contradicts(direction) {
		return
	}
	fact.Interval, fact.IntervalSource, fact.Direction = i, a.Interval.Source, direction
}

// of is the interval of a sex.
func (i AdultInterval) of(sex bot.Sex) bot.Interval {
	switch sex {
	case bot.SexFemale:
		return ParseInterval(cmp.Or(i.Female, i.Any))
	case bot.SexMale:
		return ParseInterval(cmp.Or(i.Male, i.Any))
	}
	return ParseInterval(i.Any)
}

// codeOf is the LOINC code that goes with a unit, the first unit's when none is known.
func codeOf(a Analyte, ucum string) string {
	for _, u := range a.Units {
		if u.UCUM == ucum {
			return u.LOINC
		}
	}
	return a.Units[0].LOINC
}

// standard is a value in the analyte's first unit, with six decimals or the more
// that its size needs; no number where no exact factor leads there.
func (c *Catalogue) standard(a Analyte, v bot.Value) bot.Value {
	first := a.Units[0].UCUM
	if !v.Number.Valid() {
		return bot.Value{}
	}
	if v.UCUM == first {
		return bot.Value{Number: v.Number, Comparator: v.Comparator, UCUM: first}
	}
	exact, ok := c.toFirst(a, v.Number.Rat(), v.UCUM)
	if !ok {
		return bot.Value{}
	}
	return decimalValue(v, exact, first)
}

// times is a value by a factor, in the unit that makes.
func times(v bot.Value, factor bot.Decimal, ucum string) bot.Value {
	return decimalValue(v, new(big.Rat).Mul(v.Number.Rat(), factor.Rat()), ucum)
}

// decimalValue writes a number in another unit: six decimals, and for a small one
// six digits.
func decimalValue(v bot.Value, exact *big.Rat, ucum string) bot.Value {
	decimals := 6
	for size := new(big.Rat).Abs(exact); size.Sign() != 0 && size.Cmp(big.NewRat(1, 10)) < 0 && decimals < mostDecimals; decimals++ {
		size.Mul(size, big.NewRat(10, 1))
	}
	number, err := bot.ParseDecimal(exact.FloatString(decimals))
	if err != nil {
		return bot.Value{}
	}
	return bot.Value{Number: number, Comparator: v.Comparator, UCUM: ucum}
}

// usableDirection is unknown where printed flag and interval contradict each
// other, or the unit cannot be right.
func usableDirection(s bot.Result) bot.Direction {
	if s.FlagConflict || s.UnitProblem {
		return bot.DirectionUnknown
	}
	return s.Direction
}

func before(a, b bot.Result) bool {
	if a.EffectiveAt.Equal(b.EffectiveAt) {
		return a.Report != b.Report && a.ID < b.ID
	}
	return a.EffectiveAt.Before(b.EffectiveAt)
}

func sameUnit(a, b bot.Value) bool {
	if a.UCUM != "" && b.UCUM != "" {
		return a.UCUM == b.UCUM
	}
	return a.Unit == b.Unit
}

// recent reports whether a result may still be critical.
func recent(s stored, now time.Time) bool { return now.Sub(s.EffectiveAt) <= 30*24*time.Hour }
