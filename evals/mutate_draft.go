package evals

import (
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"careline/bot"
	"careline/bot/fold"
	"careline/retrieval/labs"
)

// subject is a passing draft that mutators work on.
type subject struct {
	ReviewCase
	text      string // slots filled
	evidence  bot.Evidence
	language  bot.Language
	catalogue *labs.Catalogue
	words     *mutationWords
	random    *rand.Rand
	numbers   []place
	known     map[string]bool // every number of evidence, question and passages
	sources   string          // folded: question and passages
}

// place is a number of a draft that is one of a fact's.
type place struct {
	start, end int
	fact       *bot.Fact
	value      bool // the newest value, not an earlier one or an end of the interval
}

// edit replaces a piece of a draft.
type edit struct {
	start, end int
	with       string
}

var (
	numberPattern = regexp.MustCompile(`\d+(?:\.\d+)?`)
	ordinal       = regexp.MustCompile(`(?:^|[\n。：:；;])\s*\d{1,2}[.、)）](?:\D|$)`)
)

func newSubject(b *Bench, c ReviewCase, text string, e bot.Evidence, w *mutationWords, random *rand.Rand) *subject {
	s := &subject{ReviewCase: c, text: text, evidence: e, language: c.language(), catalogue: b.catalogue, words: w, random: random, known: map[string]bool{}}
	var sources strings.Builder
	sources.WriteString(c.Question.Plain() + "\n")
	for _, p := range e.Passages {
		sources.WriteString(p.Title + "\n" + p.Text + "\n")
	}
	s.sources = fold.Text(sources.String())
	facts := ""
	for _, f := range e.Facts {
		facts += " " + string(f.Date) + " " + strings.Join(slices.Sorted(maps.Keys(numbersOf(f))), " ")
		for _, p := range f.Previous {
			facts += " " + string(p.Date)
		}
	}
	for _, n := range numberPattern.FindAllString(s.sources+facts, -1) {
		s.known[plainNumber(n)] = true
	}
	s.findNumbers()
	return s
}

// numbersOf are a fact's numbers; true for its newest value.
func numbersOf(f bot.Fact) map[string]bool {
	all := map[string]bool{}
	add := func(d bot.Decimal) {
		if d.Valid() {
			all[plainNumber(strings.TrimLeft(d.String(), "-+"))] = false
		}
	}
	for _, p := range append([]bot.Point{{Interval: f.Interval}}, f.Previous...) {
		add(p.Value.Number)
		add(p.Interval.Low)
		add(p.Interval.High)
	}
	if f.Value.Number.Valid() {
		all[plainNumber(strings.TrimLeft(f.Value.Number.String(), "-+"))] = true
	}
	return all
}

// findNumbers finds the numbers that tell a fact. What is part of a name, of a
// date or of a list, and what counts something, is none.
func (s *subject) findNumbers() {
	taken := append(ordinal.FindAllStringIndex(s.text, -1), citation.FindAllStringIndex(s.text, -1)...)
	for _, d := range s.dates() {
		taken = append(taken, []int{d.start, d.end})
	}
	for _, m := range numberPattern.FindAllStringIndex(s.text, -1) {
		before, _ := utf8.DecodeLastRuneInString(s.text[:m[0]])
		inName := before >= 'A' && before <= 'Z' || before >= 'a' && before <= 'z' || before == '^' || before == '*'
		inside := slices.ContainsFunc(taken, func(t []int) bool { return t[0] < m[1] && m[0] < t[1] })
		rest := strings.TrimLeft(s.text[m[1]:], " -~至到")
		counts := slices.ContainsFunc(s.words.Counted, func(w string) bool { return strings.HasPrefix(rest, w) })
		if inName || inside || counts || strings.HasPrefix(s.text[m[1]:], "^") {
			continue
		}
		for i := range s.evidence.Facts {
			f := &s.evidence.Facts[i]
			if value, is := numbersOf(*f)[plainNumber(s.text[m[0]:m[1]])]; is {
				s.numbers = append(s.numbers, place{m[0], m[1], f, value})
				break
			}
		}
	}
}

// plainNumber is a decimal without zeros that do not count.
func plainNumber(n string) string {
	whole, part, point := strings.Cut(n, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if part = strings.TrimRight(part, "0"); point && part != "" {
		return whole + "." + part
	}
	return whole
}

// pick is one of several, none of none.
func pick[T any](s *subject, all []T) (one T, ok bool) {
	if len(all) == 0 {
		return one, false
	}
	return all[s.random.IntN(len(all))], true
}

// apply is the draft with an edit.
func (s *subject) apply(e edit) string { return s.text[:e.start] + e.with + s.text[e.end:] }

var (
	sentencePattern = regexp.MustCompile(`[^。！？!?\n；;]+`)
	clausePattern   = regexp.MustCompile(`[^。！？!?\n；;，,（）()]+`)
)

// around is the piece of text a pattern finds around a place.
func around(pattern *regexp.Regexp, text string, at int) (start, end int) {
	for _, m := range pattern.FindAllStringIndex(text, -1) {
		if m[0] <= at && at < m[1] {
			return m[0], m[1]
		}
	}
	return at, at
}

// about is the one fact a piece of text names, nil when it names none or several
// items.
func (s *subject) about(start, end int) (fact *bot.Fact, mentions []labs.Mention) {
	mentions = s.catalogue.Mentions(s.text[start:end])
	for _, m := range mentions {
		i := slices.IndexFunc(s.evidence.Facts, func(f bot.Fact) bool { return slices.Contains(m.Analytes, f.Analyte) })
		if i < 0 || m.Group || len(m.Analytes) != 1 || fact != nil && fact.Analyte != m.Analytes[0] {
			return nil, mentions
		}
		fact = &s.evidence.Facts[i]
	}
	return fact, mentions
}
