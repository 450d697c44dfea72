package guard

import (
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// measured is one number of a fact.
type measured struct {
	value      string
	units      []string
	date       bot.Date
	bound      bool   // of the interval
	comparator string // the printed value is a bound of detection
}

func everyFact(facts []bot.Fact) []int {
	all := make([]int, len(facts))
	for i := range all {
		all[i] = i
	}
	return all
}

// matching are the numbers equal to value that the facts hold.
func (r *reviewing) matching(which []int, value string) []measured {
	if r.measured == nil {
		r.measured = make([][]measured, len(r.evidence.Facts))
		for i, f := range r.evidence.Facts {
			r.measured[i] = numbersOf(f)
		}
	}
	var all []measured
	for _, i := range which {
		for _, m := range r.measured[i] {
			if m.value == value {
				all = append(all, m)
			}
		}
	}
	return all
}

// numbersOf are all numbers of a fact: its values now and before and the ends of
// their ranges.
func numbersOf(f bot.Fact) []measured {
	var all []measured
	add := func(v bot.Value, interval bot.Interval, date bot.Date) {
		units := []string{canonicalUnit(v.Unit), canonicalUnit(v.UCUM)}
		for _, value := range digitsOf(v.Printed, v.Number) {
			all = append(all, measured{value: value, units: units, date: date, comparator: v.Comparator})
		}
		for _, value := range digitsOf(interval.Printed, interval.Low, interval.High) {
			all = append(all, measured{value: value, units: units, bound: true})
		}
	}
	add(f.Value, f.Interval, f.Date)
	for _, p := range f.Previous {
		add(p.Value, p.Interval, p.Date)
	}
	return all
}

// digitsOf are numbers and the digits of a printed text, each once.
func digitsOf(printed string, numbers ...bot.Decimal) []string {
	var all []string
	add := func(value string) {
		if !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	for _, n := range numbers {
		if n.Valid() {
			add(canonicalDigits(strings.TrimLeft(n.String(), "+-")))
		}
	}
	for _, digits := range digitsPattern.FindAllString(fold.Text(printed), -1) {
		add(canonicalDigits(digits))
	}
	return all
}

// inQuestion reports a number the patient wrote.
func (r *reviewing) inQuestion(q quantity) bool {
	for _, digits := range digitsPattern.FindAllString(r.question, -1) {
		if canonicalDigits(digits) == q.value {
			return true
		}
	}
	return false
}

// inPassage reports whether the same number with the same word after it stands
// in a cited passage about the items named here, or about none.
func (r *reviewing) inPassage(s span) bool {
	words := r.text[s.start:s.end]
	if r.text[s.end:] != "" && asciiDigit(words, len(words)-1) {
		next := []rune(r.text[s.end:])[0]
		words += string(next)
	}
	about := map[bot.AnalyteID]bool{}
	for _, i := range r.bind(s) {
		about[r.evidence.Facts[i].Analyte] = true
	}
	for _, p := range r.cited {
		at := strings.Index(p.Text, words)
		fits := len(about) == 0 || len(p.Analytes) == 0 || slices.ContainsFunc(p.Analytes, func(a bot.AnalyteID) bool { return about[a] })
		if at >= 0 && fits && !asciiDigit(p.Text, at-1) && !(at > 0 && p.Text[at-1] == '.') {
			return true
		}
	}
	return false
}
