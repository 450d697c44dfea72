package labs

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"careline/bot"
	"careline/bot/fold"
)

// Mention is a place where a text names an analyte or a group of them.
type Mention struct {
	Analytes   []bot.AnalyteID
	Start, End int  // byte span in the text
	Group      bool // a word for several: "血脂"
}

// cue is one way of naming something, in canonical form.
type cue struct {
	text     string
	analytes []bot.AnalyteID // none: a name of something else
	group    bool
	latin    bool // matches whole words only
	symbol   bool // one or two letters (K, Cl, Na)
	spelled  []string
}

func (c *Catalogue) collectCues() []cue {
	byText := map[string]*cue{}
	add := func(name string, group bool, analytes ...bot.AnalyteID) {
		text := fold.Text(name)
		if text == "" {
			return
		}
		q, known := byText[text]
		if !known {
			q = &cue{text: text, group: group, latin: latinOnly(text)}
			q.symbol = q.latin && utf8.RuneCountInString(text) <= 2
			byText[text] = q
		}
		q.spelled = append(q.spelled, name)
		for _, id := range analytes {
			if !slices.Contains(q.analytes, id) {
				q.analytes = append(q.analytes, id)
			}
		}
	}
	for _, a := range c.analytes {
		for _, name := range c.names(a) {
			add(name, false, a.ID)
		}
	}
	for _, g := range c.groups {
		for _, name := range append(slices.Clone(g.Chinese), g.English...) {
			add(name, true, g.Analytes...)
		}
	}
	for _, name := range c.others.names {
		add(name, false)
	}
	cues := make([]cue, 0, len(byText))
	for _, q := range byText {
		cues = append(cues, *q)
	}
	slices.SortFunc(cues, func(a, b cue) int {
		if n := len(b.text) - len(a.text); n != 0 {
			return n
		}
		return strings.Compare(a.text, b.text)
	})
	return cues
}

// inBlood reports whether analytes are those of blood. Only their names are
// another's when a specimen stands before them.
func (c *Catalogue) inBlood(ids []bot.AnalyteID) bool {
	return slices.ContainsFunc(ids, func(id bot.AnalyteID) bool { return c.analytes[c.byID[id]].Specimen == bot.SpecimenBlood })
}

func latinOnly(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) < 0
}

// Mentions finds what a text names, in order; of overlapping names the longest
// counts.
func (c *Catalogue) Mentions(text string) []Mention {
	placed := c.mentionsIn(text, fold.Fold(text))
	found := make([]Mention, len(placed))
	for i, m := range placed {
		found[i] = m.Mention
	}
	return found
}

// placed is a mention with its place in the canonical text.
type placed struct {
	Mention
	at span
}

func (c *Catalogue) mentionsIn(text string, folded fold.Folded) []placed {
	canonical := folded.Text()
	var taken []span
	var found []placed
	for _, q := range c.cues {
		for from := 0; ; {
			i := strings.Index(canonical[from:], q.text)
			if i < 0 {
				break
			}
			at := span{from + i, from + i + len(q.text)}
			from = at.start + 1
			if at.overlaps(taken) || q.latin && !wholeWord(canonical, at) {
				continue
			}
			start, end := folded.Origin(at.start, at.end)
			if q.symbol && !slices.Contains(q.spelled, text[start:end]) && !symbolBesideNumber(canonical, at) {
				continue
			}
			taken = append(taken, at)
			if len(q.analytes) > 0 && (q.group || !c.inBlood(q.analytes) || !c.others.ofAnotherSpecimen(canonical, at)) {
				found = append(found, placed{Mention{Analytes: q.analytes, Start: start, End: end, Group: q.group}, at})
			}
		}
	}
	slices.SortFunc(found, func(a, b placed) int { return a.at.start - b.at.start })
	return found
}

// symbolNumber is a value behind a symbol written small: "na 118", "my k is 7.1".
// One letter needs decimals: "p 3" is a page.
var symbolNumber = regexp.MustCompile(`^\+?\s*(?:[:=]|is |was )?\s*[<>]?\s*\d+(\.\d)?`)

// symbolBesideNumber reports whether a symbol in other capitals than its own is
// one all the same. Behind a number it is a unit: "400 mg 2 times".
func symbolBesideNumber(canonical string, at span) bool {
	before := strings.TrimRight(canonical[:at.start], " ")
	if before != "" && before[len(before)-1] >= '0' && before[len(before)-1] <= '9' {
		return false
	}
	m := symbolNumber.FindStringSubmatch(canonical[at.end:])
	return m != nil && (at.end-at.start > 1 || m[1] != "")
}

// span is a piece of a canonical text.
type span struct{ start, end int }

func (s span) overlaps(others []span) bool {
	return slices.ContainsFunc(others, func(o span) bool { return s.start < o.end && o.start < s.end })
}

// wholeWord reports whether no Latin letter goes on at either side; digits may
// follow ("alt87"), but not where the name ends in one ("ft4").
func wholeWord(text string, at span) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at.start])
	after, _ := utf8.DecodeRuneInString(text[at.end:])
	last := text[at.end-1]
	if letter(before) || before == '-' || before >= '0' && before <= '9' || letter(after) {
		return false
	}
	return !(last >= '0' && last <= '9' && after >= '0' && after <= '9')
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'α' && r <= 'ω' }

func appendNew(all, more []bot.AnalyteID) []bot.AnalyteID {
	for _, id := range more {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}
