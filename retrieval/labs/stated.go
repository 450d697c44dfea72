package labs

import (
	"regexp"
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// Stated finds the values a person writes: "血钾 7.1", "platelets dropped to 12",
// "ALT 87 (7-40)". Each is a fact of its own kind: with the interval written
// beside it, or none; its unit as written, or none. Of two values the later one
// counts: "从4.1升到7.1". What is no result (a date, an age, a dose) is left out.
func (c *Catalogue) Stated(text bot.Text) []bot.Fact {
	original := text.Plain()
	folded := fold.Fold(original)
	language := languageOf(original)
	var facts []bot.Fact
	for _, m := range c.mentionsIn(original, folded) {
		if m.Group {
			continue
		}
		for _, id := range m.Analytes {
			a := c.analytes[c.byID[id]]
			if a.Scale != ScaleQuantity {
				continue // "尿蛋白 2+" is no number
			}
			s := scanner{original: original, folded: folded, at: m.at.end}
			stated, ok := c.readStated(a, &s)
			if !ok || stated.maybeDose && c.stated.isTaken(folded.Text()[:m.at.start]) {
				continue
			}
			facts = append(facts, bot.Fact{
				Kind: bot.FactStated, Analyte: a.ID, Name: a.Names[language], Names: c.names(a), Code: codeOf(a, stated.value.UCUM), Specimen: a.Specimen,
				Value: stated.value, Standard: c.statedStandard(a, stated), Interval: stated.interval, Direction: Direction(stated.value, stated.interval),
				Status: bot.StatusFinal, Judged: true,
			})
			break
		}
	}
	return facts
}

// reading is what stands behind a name.
type reading struct {
	value     bot.Value
	interval  bot.Interval
	maybeDose bool // its unit, if any, is no concentration
}

// readStated reads the value, and the interval before or behind it.
func (c *Catalogue) readStated(a Analyte, s *scanner) (r reading, ok bool) {
	w := c.stated
	s.skip(w.between)
	if !s.skip(w.from) {
		if r.interval = s.interval(w.intervalBefore); r.interval.Usable() {
			s.skip(w.own)
		}
	}
	for {
		if !c.readNumber(a, s, &r) {
			return r, false
		}
		to := w.to.FindString(s.rest())
		if _, _, length := numberAt(s.rest()[len(to):]); to == "" || length == 0 {
			break
		}
		s.skip(w.to)
	}
	if behind := s.interval(w.intervalBehind); behind.Usable() {
		r.interval = behind
	}
	return r, !c.others.inAnotherSpecimen(s.rest())
}

var statedNumber = regexp.MustCompile(`^([<>≤≥]=?)?\s*(\d{1,3}(?:,\d{3})+\b(?:\.\d{1,4})?|` + aNumber + `)`)

// numberAt is the number a text begins with, in figures or in Chinese.
func numberAt(text string) (compared, digits string, length int) {
	if m := statedNumber.FindStringSubmatch(text); m != nil {
		return comparator(m[1]), strings.ReplaceAll(m[2], ",", ""), len(m[0])
	}
	digits, length = numeral(text)
	return "", digits, length
}

// readNumber reads a number with its unit; false when it is none of the analyte's.
func (c *Catalogue) readNumber(a Analyte, s *scanner, r *reading) bool {
	compared, digits, length := numberAt(s.rest())
	number, err := bot.ParseDecimal(digits)
	if length == 0 || err != nil {
		return false
	}
	s.at += length
	r.value = bot.Value{Printed: digits, Number: number, Comparator: compared}
	r.maybeDose = true
	if a.Bare != nil && s.skipWord(a.Bare.Said) {
		return true
	}
	printed, ucum, possible := c.unitAt(a, s.rest())
	switch {
	case ucum == "":
		return !c.stated.noValue.MatchString(s.rest())
	case !possible:
		// The number has the unit of something else.
		return false
	}
	r.value.Unit, r.value.UCUM = s.take(len(printed)), ucum
	r.maybeDose = !strings.ContainsAny(printed, "/%")
	return true
}

var unitShape = regexp.MustCompile(`^\s*(?:(?:[x×*]\s*)?10(?:\^|\*{1,2}|e|\()?\d{1,2}\)?(?:\s*/\s*u?l)?|万(?:/微升|个)?|[a-zμ%]+(?:\s*/\s*[a-zμ]+(?:\s*/\s*1\.73\s*m2)?)?)`)

// unitAt is the unit a text begins with; it may stand without its volume:
// "12×10^9", "7.1 mmol".
func (c *Catalogue) unitAt(a Analyte, rest string) (printed, ucum string, possible bool) {
	printed = unitShape.FindString(rest)
	if printed == "" {
		return "", "", true
	}
	alone, possible := c.Unit(a, printed)
	if alone != "" && possible {
		return printed, alone, true
	}
	if ucum, _ = c.Unit(a, printed+"/L"); ucum != "" && listed(a, ucum) {
		return printed, ucum, true
	}
	switch {
	case alone != "":
		return printed, alone, false
	case ucum != "":
		return printed, ucum, false
	}
	return "", "", true
}

// statedStandard is the value in the analyte's first unit. A number without a unit
// has one where the first unit cannot be meant.
func (c *Catalogue) statedStandard(a Analyte, r reading) bot.Value {
	if r.value.UCUM != "" || a.Bare == nil {
		return c.standard(a, r.value)
	}
	below, above := a.Bare.Below, a.Bare.Above
	if below.Valid() && r.value.Number.Cmp(below) < 0 || above.Valid() && r.value.Number.Cmp(above) > 0 {
		return times(r.value, a.Bare.ToFirst, a.Units[0].UCUM)
	}
	return bot.Value{}
}

// scanner walks through a canonical text and knows the original behind it.
type scanner struct {
	original string
	folded   fold.Folded
	at       int
}

func (s *scanner) rest() string { return s.folded.Text()[s.at:] }

// skip passes over a match and reports whether there was one.
func (s *scanner) skip(pattern *regexp.Regexp) bool {
	n := len(pattern.FindString(s.rest()))
	s.at += n
	return n > 0
}

// skipWord passes over one of the words, with no letter behind it.
func (s *scanner) skipWord(words []string) bool {
	rest := strings.TrimLeft(s.rest(), " ")
	return slices.ContainsFunc(words, func(word string) bool {
		behind, found := strings.CutPrefix(rest, fold.Text(word))
		if !found || strings.HasPrefix(behind, "/") || latinOnly(word) && behind != "" && letter(rune(behind[0])) {
			return false
		}
		s.at = len(s.folded.Text()) - len(behind)
		return true
	})
}

// take passes over n bytes and gives them as they were typed.
func (s *scanner) take(n int) string {
	start, end := s.folded.Origin(s.at, s.at+n)
	s.at += n
	return strings.TrimSpace(s.original[start:end])
}

// interval passes over an interval, the pattern's first group; none is unusable.
func (s *scanner) interval(pattern *regexp.Regexp) bot.Interval {
	m := pattern.FindStringSubmatchIndex(s.rest())
	if m == nil {
		return bot.Interval{}
	}
	s.at += m[2]
	return ParseInterval(s.take(m[3] - m[2]))
}

func languageOf(text string) bot.Language {
	if latinOnly(text) {
		return bot.English
	}
	return bot.Chinese
}
