package labs

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"careline/bot"
)

// whom is what the choice among several ranges depends on.
type whom struct {
	words fileWords
	sex   bot.Sex
	born  bot.Date
	at    time.Time // of the observation, in the source's zone
}

// intervalOf is the printed interval for the patient's sex and age at the
// observation. Several that differ, or one that may or may not be theirs, are
// shown and not used.
func intervalOf(ranges []refRange, who whom, value *quantity) bot.Interval {
	var chosen []bot.Interval
	undecided := false
	for _, r := range ranges {
		switch r.suits(who) {
		case suitsYes:
			if i := oneInterval(r, value); !slices.Contains(chosen, i) {
				chosen = append(chosen, i)
			}
		case suitsMaybe:
			undecided = true
		}
	}
	if len(chosen) == 1 && !undecided {
		return chosen[0]
	}
	var printed []string
	for _, r := range ranges {
		printed = append(printed, printedRange(r))
	}
	return bot.Interval{Printed: readable(strings.Join(printed, "; "), mostText)}
}

// suits reports whether a range is the patient's reference interval. Targets of
// treatment and critical bounds are none, and one for women in pregnancy is not
// for every woman.
func (r refRange) suits(who whom) suitable {
	if code := r.Type.anyCode(); code != "" && code != "normal" || said(r.Extension, exportUnused) != nil {
		return suitsNo
	}
	suits := suitsYes
	for _, c := range r.AppliesTo {
		sex := who.words.sexOf(c.said())
		if sex == bot.SexUnknown {
			sex = who.words.sexOf(c.anyCode())
		}
		switch {
		case sex == bot.SexUnknown:
			return suitsNo
		case who.sex != bot.SexFemale && who.sex != bot.SexMale:
			suits = suitsMaybe
		case sex != who.sex:
			return suitsNo
		}
	}
	if r.Age == nil {
		return suits
	}
	return max(suits, r.Age.holdsAge(who))
}

// holdsAge reports whether the patient's age lies in a range of ages, both ends
// included; ages count in completed years, months, weeks or days.
func (r refRange) holdsAge(who whom) suitable {
	born, known := who.born.Time()
	if !known || who.at.IsZero() || who.at.Before(born) {
		return suitsMaybe
	}
	for _, bound := range []struct {
		*quantity
		side int
	}{{r.Low, -1}, {r.High, 1}} {
		if bound.quantity == nil {
			continue
		}
		limit, err := bot.ParseDecimal(bound.Value.String())
		age, counted := completed(born, who.at, unitSaid(*bound.quantity), bound.Code)
		if err != nil || !counted {
			return suitsMaybe
		}
		if new(big.Rat).SetInt64(age).Cmp(limit.Rat()) == bound.side {
			return suitsNo
		}
	}
	return suitsYes
}

// completed counts the whole years, months, weeks or days of an age by UCUM's
// codes; false for another unit.
func completed(born, at time.Time, unit, code string) (int64, bool) {
	if code != "" {
		unit = code
	}
	at = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC) // days of the calendar
	days := int64(at.Sub(born) / (24 * time.Hour))
	months := int64(at.Year()-born.Year())*12 + int64(at.Month()-born.Month())
	if at.Day() < born.Day() {
		months--
	}
	switch strings.ToLower(unit) {
	case "a", "y", "yr", "year", "years", "岁":
		return months / 12, true
	case "mo", "month", "months", "月":
		return months, true
	case "wk", "week", "weeks", "周":
		return days / 7, true
	case "d", "day", "days", "天":
		return days, true
	}
	return 0, false
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
