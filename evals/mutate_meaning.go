package evals

import (
	"regexp"
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// unitSwapped gives a fact's number a unit that is not its own.
func unitSwapped(s *subject) (edit, bool) {
	p, ok := pick(s, s.numbers)
	if !ok || p.fact.Value.Unit == "" {
		return edit{}, false
	}
	own, gap := p.fact.Value.Unit, len(s.text[p.end:])-len(strings.TrimLeft(s.text[p.end:], " "))
	start := p.end + gap
	if !strings.HasPrefix(s.text[start:], own) {
		return edit{}, false
	}
	to, _ := pick(s, s.words.Units)
	same := slices.ContainsFunc(append(to.Same, to.Unit), func(u string) bool { return fold.Text(u) == fold.Text(own) })
	return edit{start, start + len(own), to.Unit}, !same && !s.worth(p.fact, to.Unit)
}

// worth reports whether a unit is another spelling of the fact's own.
func (s *subject) worth(f *bot.Fact, unit string) bool {
	a, known := s.catalogue.Analyte(f.Analyte)
	ucum, _ := s.catalogue.Unit(a, unit)
	if !known || ucum == "" {
		return false
	}
	other, err := s.catalogue.Convert(a, f.Value, ucum)
	return ucum == f.Value.UCUM || err == nil && other.Number.Cmp(f.Value.Number) == 0
}

// directionFlipped says of a judged fact what is false of it. The sentence names
// this one item, and the clause asserts.
func directionFlipped(s *subject) (edit, bool) {
	var all []edit
	for _, d := range s.words.Directions {
		from, to := d.Chinese, d.ToChinese
		if s.language == bot.English {
			from, to = d.English, d.ToEnglish
		}
		for _, word := range from {
			for _, m := range findAll(s.text, word) {
				if fact, _ := s.about(around(sentencePattern, s.text, m)); fact != nil && s.lies(*fact, d.Is) && s.asserts(m) {
					if with, ok := pick(s, to); ok {
						all = append(all, edit{m, m + len(word), with})
					}
				}
			}
		}
	}
	return pick(s, all)
}

// lies reports a judged fact that lies in a direction now and always did.
func (s *subject) lies(f bot.Fact, d bot.Direction) bool {
	return f.Judged && f.Direction == d && !slices.ContainsFunc(f.Previous, func(p bot.Point) bool { return p.Direction != d })
}

func (s *subject) asserts(at int) bool {
	start, end := around(clausePattern, s.text, at)
	after := strings.IndexAny(s.text[end:]+"\n", "。.\n")
	clause := " " + strings.ToLower(s.text[start:end]) + " " + s.text[end:min(len(s.text), end+max(after, 0))]
	return !slices.ContainsFunc(s.words.NotAsserted.in(s.language), func(w string) bool { return strings.Contains(clause, w) })
}

func findAll(text, word string) (all []int) {
	return positions(regexp.MustCompile(regexp.QuoteMeta(word)).FindAllStringIndex(text, -1))
}

func positions(spans [][]int) (all []int) {
	for _, m := range spans {
		all = append(all, m[0])
	}
	return all
}

// analyteSwapped names another item for a value that is not this item's.
func analyteSwapped(s *subject) (edit, bool) {
	p, ok := pick(s, s.numbers)
	if !ok || !p.value {
		return edit{}, false
	}
	start, end := around(sentencePattern, s.text, p.start)
	fact, mentions := s.about(start, end)
	if fact == nil || fact.Analyte != p.fact.Analyte {
		return edit{}, false
	}
	other, ok := s.other(fact, s.text[p.start:p.end])
	first, last := mentions[0], mentions[len(mentions)-1]
	if last.End-first.Start > 40 || start+last.End > p.start {
		return edit{}, false // the name stands again behind the value
	}
	return edit{start + first.Start, start + last.End, other}, ok
}

// other is the name of an item that has no such number: one of the report, or one
// of the catalogue in the same kind of specimen.
func (s *subject) other(f *bot.Fact, number string) (string, bool) {
	if i := s.random.IntN(2 * len(s.evidence.Facts)); i < len(s.evidence.Facts) {
		o := s.evidence.Facts[i]
		_, holds := numbersOf(o)[plainNumber(number)]
		return o.Name, !holds && o.Analyte != f.Analyte && o.Analyte != ""
	}
	a, _ := pick(s, s.catalogue.All())
	known := slices.ContainsFunc(s.evidence.Facts, func(o bot.Fact) bool { return o.Analyte == a.ID })
	return a.Names[s.language], !known && a.Specimen == f.Specimen && !strings.ContainsAny(a.Names[s.language], "0123456789")
}

// valuesSwapped exchanges the values of two items.
func valuesSwapped(s *subject) (edit, bool) {
	x, _ := pick(s, s.numbers)
	y, ok := pick(s, s.numbers)
	if !ok || !x.value || !y.value || x.end > y.start || x.fact.Analyte == y.fact.Analyte {
		return edit{}, false
	}
	a, b := s.text[x.start:x.end], s.text[y.start:y.end]
	_, xHas := numbersOf(*x.fact)[plainNumber(b)]
	_, yHas := numbersOf(*y.fact)[plainNumber(a)]
	return edit{x.start, y.end, b + s.text[x.end:y.start] + a}, !xHas && !yHas
}

// negationDropped leaves a protective phrase without its protection.
func negationDropped(s *subject) (edit, bool) {
	var all []edit
	for _, n := range s.words.Negations {
		for _, at := range findAll(s.text, n.From) {
			all = append(all, edit{at, at + len(n.From), n.To})
		}
	}
	return pick(s, all)
}
