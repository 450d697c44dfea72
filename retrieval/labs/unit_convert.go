package labs

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"careline/bot"
	"careline/retrieval/labs/ucum"
)

// unitKind is what values must share to be converted: the kind of quantity as the
// unit writes it, and the annotations that carry meaning (FEU, DDU, creat).
type unitKind struct{ quantity, marks string }

// knownUnit is a parsed code with its kind.
type knownUnit struct {
	unit ucum.Unit
	kind unitKind
}

// learn remembers a code, so that reading its results need not parse it.
func (w *unitWords) learn(code string) {
	if u, ok := w.unit(code); ok {
		w.known[code] = u
	}
}

// unit reads a code; ok is false where it is no UCUM code or there is none.
func (w unitWords) unit(code string) (u knownUnit, ok bool) {
	if u, known := w.known[code]; known {
		return u, true
	}
	parsed, err := ucum.Parse(code)
	if code == "" || err != nil {
		return knownUnit{}, false
	}
	marks := slices.DeleteFunc(parsed.Annotations(), func(text string) bool { return slices.Contains(w.plain, text) })
	slices.Sort(marks)
	return knownUnit{parsed, unitKind{quantity: parsed.Kind(), marks: strings.Join(marks, " ")}}, true
}

// kind is a code's kind.
func (w unitWords) kind(code string) (kind unitKind, ok bool) {
	u, ok := w.unit(code)
	return u.kind, ok
}

// ofKind are the analyte's units a code converts to exactly, in their order.
func (c *Catalogue) ofKind(a Analyte, code string) []Unit {
	kind, ok := c.wording.kind(code)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Units), func(u Unit) bool {
		other, ok := c.wording.kind(u.UCUM)
		return !ok || other != kind
	})
}

// codeFitsUnit reports whether a LOINC code and a unit can stand together: a code
// says mass or amount of substance, and its unit must say the same. It is true
// where the code is none of the analyte's, or code or unit leave it open.
func (c *Catalogue) codeFitsUnit(a Analyte, loinc, code string) bool {
	kind, known := c.wording.kind(code)
	if !known || loinc == "" {
		return true
	}
	ofCode := 0
	for _, u := range a.Units {
		if u.LOINC != loinc && !slices.Contains(u.Codes, loinc) {
			continue
		}
		other, known := c.wording.kind(u.UCUM)
		if !known || other.quantity == kind.quantity && (other.marks == "" || kind.marks == "" || other.marks == kind.marks) {
			return true
		}
		ofCode++
	}
	return ofCode == 0
}

var unitMarks = regexp.MustCompile(`\{[^{}]*\}`)

// marked is a result's unit with the mark its code or its name adds: mg/dL under the
// code of urea nitrogen is mg{urea_N}/dL, mg/L under that of D-dimer in FEU is
// mg{FEU}/L.
func (c *Catalogue) marked(a Analyte, r bot.Result) string {
	coded := func(u Unit) bool { return r.Code != "" && (u.LOINC == r.Code || slices.Contains(u.Codes, r.Code)) }
	named := func(u Unit) bool {
		return len(u.Names) > 0 && slices.ContainsFunc(nameKeys(r.Name), func(key string) bool {
			return slices.ContainsFunc(u.Names, func(name string) bool { return nameKey(name) == key })
		})
	}
	for _, says := range []func(Unit) bool{coded, named} {
		for _, u := range a.Units {
			if bare := unitMarks.ReplaceAllString(u.UCUM, ""); bare == r.Value.UCUM && says(u) {
				return u.UCUM
			}
		}
	}
	return r.Value.UCUM
}

// UnitError is a conversion that has no exact way: the units are not both the
// analyte's, or of kinds no cited factor joins.
type UnitError struct {
	Analyte  bot.AnalyteID
	From, To string // UCUM codes
}

func (e *UnitError) Error() string {
	return fmt.Sprintf("labs: %s: no exact conversion from %q to %q", e.Analyte, e.From, e.To)
}

// Convert gives a value of an analyte in another of its units, exactly over
// rationals, by UCUM within a kind and by the catalogue's cited factors between
// kinds. It is written with the digits that keep the printed precision, so that
// converting back and rounding gives what was printed. The error is a *UnitError.
func (c *Catalogue) Convert(a Analyte, v bot.Value, to string) (bot.Value, error) {
	refused := &UnitError{Analyte: a.ID, From: v.UCUM, To: to}
	if !v.Number.Valid() {
		return bot.Value{}, refused
	}
	if v.UCUM == to && (listed(a, to) || len(c.ofKind(a, to)) > 0) {
		return bot.Value{Printed: v.Number.String(), Number: v.Number, Comparator: v.Comparator, Unit: to, UCUM: to}, nil
	}
	way := func(x *big.Rat) (*big.Rat, bool) { return c.convert(a, x, v.UCUM, to) }
	exact, ok := way(v.Number.Rat())
	if !ok {
		return bot.Value{}, refused
	}
	number, err := bot.ParseDecimal(written(exact, stepOf(way, v.Number)))
	if err != nil {
		return bot.Value{}, refused
	}
	return bot.Value{Printed: number.String(), Number: number, Comparator: v.Comparator, Unit: to, UCUM: to}, nil
}

// convert goes straight where both units are of one kind, else through the
// analyte's first unit.
func (c *Catalogue) convert(a Analyte, x *big.Rat, from, to string) (*big.Rat, bool) {
	kind, known := c.wording.kind(from)
	if other, ok := c.wording.kind(to); known && ok && kind == other {
		if len(c.ofKind(a, to)) == 0 {
			return nil, false
		}
		return c.wording.byUCUM(x, from, to)
	}
	first, ok := c.toFirst(a, x, from)
	if !ok {
		return nil, false
	}
	return c.fromFirst(a, first, to)
}

// toFirst is a value in the analyte's first unit: by the factor of a listed unit,
// from an unlisted one by way of a listed one of its kind.
func (c *Catalogue) toFirst(a Analyte, x *big.Rat, from string) (*big.Rat, bool) {
	for i, u := range a.Units {
		if factor, plus, ok := toFirst(u, i == 0); ok && u.UCUM == from && from != "" {
			x = new(big.Rat).Mul(x, factor)
			return x.Add(x, plus), true
		}
	}
	for i, u := range c.ofKind(a, from) {
		if u.UCUM == from {
			return nil, false
		}
		if _, _, ok := toFirst(u, i == 0 && u.UCUM == a.Units[0].UCUM); ok {
			if y, ok := c.wording.byUCUM(x, from, u.UCUM); ok {
				return c.toFirst(a, y, u.UCUM)
			}
		}
	}
	return nil, false
}

// fromFirst is the inverse of toFirst.
func (c *Catalogue) fromFirst(a Analyte, x *big.Rat, to string) (*big.Rat, bool) {
	for i, u := range a.Units {
		if factor, plus, ok := toFirst(u, i == 0); ok && u.UCUM == to && to != "" {
			x = new(big.Rat).Sub(x, plus)
			return x.Quo(x, factor), true
		}
	}
	for _, u := range c.ofKind(a, to) {
		if u.UCUM == to {
			return nil, false
		}
		if y, ok := c.fromFirst(a, x, u.UCUM); ok {
			return c.wording.byUCUM(y, u.UCUM, to)
		}
	}
	return nil, false
}

// toFirst is a unit's way to the analyte's first: y = factor·x + plus.
func toFirst(u Unit, first bool) (factor, plus *big.Rat, ok bool) {
	if first {
		return big.NewRat(1, 1), new(big.Rat), true
	}
	f, err := bot.ParseDecimal(u.ToFirst)
	if err != nil || f.Rat().Sign() == 0 {
		return nil, nil, false
	}
	p, _ := bot.ParseDecimal(u.Plus)
	return f.Rat(), p.Rat(), true
}

// byUCUM converts between two codes of one kind.
func (w unitWords) byUCUM(x *big.Rat, from, to string) (*big.Rat, bool) {
	a, ok := w.unit(from)
	b, also := w.unit(to)
	if !ok || !also || a.kind != b.kind {
		return nil, false
	}
	y, err := ucum.Convert(x, a.unit, b.unit)
	return y, err == nil
}

// stepOf is what the last printed digit is worth after a conversion.
func stepOf(way func(*big.Rat) (*big.Rat, bool), printed bot.Decimal) *big.Rat {
	zero, _ := way(new(big.Rat))
	one, ok := way(big.NewRat(1, 1))
	if !ok {
		return big.NewRat(1, 1)
	}
	slope := new(big.Rat).Sub(one, zero)
	return slope.Abs(slope.Mul(slope, lastDigit(printed)))
}

// lastDigit is the worth of a number's last printed digit: 0.1 of "7.0".
func lastDigit(printed bot.Decimal) *big.Rat {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(printed.String()), "e")
	_, behind, _ := strings.Cut(mantissa, ".")
	text := "1e" + exponent
	if exponent == "" {
		text = "1"
	}
	worth, ok := new(big.Rat).SetString(text)
	if !ok {
		return big.NewRat(1, 1)
	}
	return worth.Quo(worth, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(behind))), nil)))
}

// mostDecimals keeps a written number within what bot.Decimal holds.
const mostDecimals = 30

// written is a number with as many decimals as the step has, one more where these
// would lose some of it.
func written(exact, step *big.Rat) string {
	decimals := decimalsOf(step)
	if rounded, ok := new(big.Rat).SetString(exact.FloatString(decimals)); !ok || rounded.Cmp(exact) != 0 {
		decimals = decimalsOf(new(big.Rat).Mul(step, big.NewRat(1, 2)))
	}
	return exact.FloatString(decimals)
}

// decimalsOf is how many decimals tell values apart that differ by a step.
func decimalsOf(step *big.Rat) int {
	decimals, unit := 0, big.NewRat(1, 1)
	for unit.Cmp(step) > 0 && decimals < mostDecimals {
		unit.Quo(unit, big.NewRat(10, 1))
		decimals++
	}
	return decimals
}
