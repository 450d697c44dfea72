package labs

import (
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
		Judged: r.judged(), Cleared: s.cleared, Laboratory: s.Laboratory, Method: s.Method,
	}
	if a, ok := f.catalogue.Analyte(s.Analyte); ok {
		fact.Name = a.Names[language]
		fact.Names = append(fact.Names, f.catalogue.names(a)...)
		if fact.Code == "" {
			fact.Code = codeOf(a, s.Value.UCUM)
		}
		if !s.UnitProblem {
			fact.Standard = standard(a, s.Value)
		}
	}
	for i := range r.results {
		earlier := &r.results[i]
		if len(fact.Previous) < mostPrevious && earlier.item == s.item && before(earlier.Result, s.Result) {
			fact.Previous = append(fact.Previous, bot.Point{
				Result: earlier.ID, Value: earlier.Value, Interval: earlier.Interval, Direction: usableDirection(earlier.Result), Date: bot.DateOf(earlier.EffectiveAt, zone), At: earlier.EffectiveAt,
				Same: earlier.Laboratory == s.Laboratory && earlier.Method == s.Method && sameUnit(earlier.Value, s.Value),
			})
		}
	}
	return fact
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

// standard is a value in the analyte's first unit, with the digits six decimals
// keep; no number where no exact factor leads there.
func standard(a Analyte, v bot.Value) bot.Value {
	for i, u := range a.Units {
		if u.UCUM != v.UCUM || !v.Number.Valid() {
			continue
		}
		if i == 0 {
			return bot.Value{Number: v.Number, Comparator: v.Comparator, UCUM: u.UCUM}
		}
		if factor, err := bot.ParseDecimal(u.ToFirst); err == nil {
			return times(v, factor, a.Units[0].UCUM)
		}
	}
	return bot.Value{}
}

// times is a value by a factor, in the unit that makes.
func times(v bot.Value, factor bot.Decimal, ucum string) bot.Value {
	number, err := bot.ParseDecimal(new(big.Rat).Mul(v.Number.Rat(), factor.Rat()).FloatString(6))
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
