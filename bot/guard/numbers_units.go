package guard

import (
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// unitNoise is what spellings of one unit differ in: signs of powers, brackets
// and annotations.
var unitNoise = strings.NewReplacer(" ", "", "^", "", "*", "", "×", "", "(", "", ")", "", "[", "", "]", "", "{", "", "}", "", "_", "", "+", "", "μ", "u", "10e", "10")

// canonicalUnit is one form for the spellings of a unit: "×10⁹/L", "10^9/L" and
// "10*9/L" are "109/l".
func canonicalUnit(s string) string {
	unit := unitNoise.Replace(fold.Text(s))
	if strings.HasPrefix(unit, "x10") {
		unit = unit[1:]
	}
	return unit
}

// unit is the canonical unit a spelling means.
func (w *reviewWords) unit(spelling string) string {
	unit := canonicalUnit(spelling)
	if known, ok := w.units[unit]; ok {
		return known
	}
	return unit
}

// factUnit is the length of a fact's own unit at the start of rest, with the
// space before it; 0 when none stands there.
func (r *reviewing) factUnit(rest string) int {
	longest := 0
	for _, unit := range r.factUnits() {
		for _, written := range []string{unit, " " + unit} {
			cut := len(written) < len(rest) && latinLetter(written, len(written)-1) && (latinLetter(rest, len(written)) || rest[len(written)] == '/')
			if strings.HasPrefix(rest, written) && !cut {
				longest = max(longest, len(written))
			}
		}
	}
	return longest
}

// factUnits are the units as the report prints them, folded.
func (r *reviewing) factUnits() []string {
	if r.ownUnits != nil {
		return r.ownUnits
	}
	r.ownUnits = []string{}
	add := func(v bot.Value) {
		for _, unit := range []string{fold.Text(v.Unit), fold.Text(v.UCUM)} {
			if unit != "" && unit != "1" && !slices.Contains(r.ownUnits, unit) {
				r.ownUnits = append(r.ownUnits, unit)
			}
		}
	}
	for _, f := range r.evidence.Facts {
		add(f.Value)
		for _, p := range f.Previous {
			add(p.Value)
		}
	}
	return r.ownUnits
}

// printedWords are texts of the report that hold digits or words without being
// measured numbers.
func (r *reviewing) printedWords() []string {
	var all []string
	for _, unit := range r.factUnits() {
		if strings.ContainsAny(unit, "0123456789") {
			all = append(all, unit)
		}
	}
	add := func(printed string) {
		if printed = fold.Text(printed); printed != "" && strings.Trim(printed, "0123456789.") != "" {
			all = append(all, printed)
		}
	}
	for _, f := range r.evidence.Facts {
		if !f.Value.Number.Valid() {
			add(f.Value.Printed)
		}
		if !f.Interval.Usable() {
			add(f.Interval.Printed)
		}
		for _, p := range f.Previous {
			if !p.Value.Number.Valid() {
				add(p.Value.Printed)
			}
		}
	}
	add(r.draft.Title)
	return all
}
