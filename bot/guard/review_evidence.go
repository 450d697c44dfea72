package guard

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"careline/bot"
	"careline/bot/fold"
)

// naming is one place where a draft names facts.
type naming struct {
	span
	facts  []int
	quoted bool
}

// readEvidence folds what the draft may rest on.
func (r *reviewing) readEvidence() {
	for _, p := range r.evidence.Passages {
		if slices.Contains(r.draft.Cited, p.ID) {
			r.cited = append(r.cited, p)
		}
	}
	var question, source strings.Builder
	for _, m := range r.draft.Question {
		question.WriteString(fold.Text(m.Text.Plain()) + "\n")
	}
	r.question = question.String()
	source.WriteString(r.question + fold.Text(r.draft.Title) + "\n")
	for i, p := range r.cited {
		r.cited[i].Text = fold.Text(p.Text)
		source.WriteString(fold.Text(p.Title) + "\n" + r.cited[i].Text + "\n")
	}
	for _, f := range r.evidence.Facts {
		source.WriteString(fold.Text(f.Value.Printed+"\n"+f.Interval.Printed) + "\n")
		for _, name := range factNames(f) {
			source.WriteString(name + "\n")
		}
	}
	r.source = source.String()
}

// factNames are all names of a fact, folded.
func factNames(f bot.Fact) []string {
	var all []string
	for _, name := range append([]string{f.Name, string(f.Analyte)}, f.Names...) {
		name = fold.Text(name)
		for _, form := range []string{name, shortName(name), turnedName(name)} {
			if form != "" && !slices.Contains(all, form) {
				all = append(all, form)
			}
		}
	}
	return all
}

// shortName is a Chinese name without what it counts in: people say 网织红细胞.
func shortName(name string) string {
	for _, ending := range []string{"百分比", "百分率", "绝对值", "计数", "测定", "定量", "浓度"} {
		if short, ok := strings.CutSuffix(name, ending); ok && utf8.RuneCountInString(short) >= 3 {
			return short
		}
	}
	return ""
}

// turnedName is "total bilirubin" for a printed "bilirubin, total".
func turnedName(name string) string {
	head, kind, turned := strings.Cut(name, ", ")
	if !turned || strings.Contains(kind, ",") {
		return ""
	}
	return kind + " " + head
}

// bareName is a name without its specimen: "leukocytes" of "urine leukocytes".
func bareName(name string) string {
	for _, specimen := range []string{"urine ", "urinary ", "serum ", "plasma ", "blood ", "尿液", "血清", "血浆", "尿"} {
		if bare, ok := strings.CutPrefix(name, specimen); ok && utf8.RuneCountInString(bare) >= 3 && bare != "blood" {
			return bare
		}
	}
	return ""
}

// findNames finds where facts are named, the longest name where several fit.
func (r *reviewing) findNames() {
	book := phraseBook{}
	facts := map[string][]int{}
	for i, f := range r.evidence.Facts {
		for _, name := range factNames(f) {
			if facts[name] == nil {
				book.add(name, name)
			}
			facts[name] = append(facts[name], i)
		}
	}
	for i, f := range r.evidence.Facts {
		for _, name := range factNames(f) {
			if bare := bareName(name); bare != "" && facts[bare] == nil {
				book.add(bare, bare)
				facts[bare] = []int{i}
			}
		}
	}
	for name, spans := range book.find(r.text) {
		for _, s := range spans {
			if !r.unlikelySymbol(s) {
				r.names = append(r.names, naming{span: s, facts: facts[name]})
			}
		}
	}
	slices.SortFunc(r.names, func(a, b naming) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	kept := r.names[:0]
	for _, n := range r.names {
		if len(kept) == 0 || n.end > kept[len(kept)-1].end {
			kept = append(kept, n)
		}
	}
	r.names = kept
}

// unlikelySymbol reports one or two small letters: "mg" is a unit, "Mg" magnesium.
func (r *reviewing) unlikelySymbol(s span) bool {
	if s.end-s.start > 2 || !latinLetter(r.text, s.start) {
		return false
	}
	start, _ := r.origin(s)
	first, _ := utf8.DecodeRuneInString(r.draft.Text[start:])
	return !unicode.IsUpper(first)
}

// shortestQuote is the least a sentence must hold, in bytes, to count as quoted.
const shortestQuote = 16

// findQuoted finds the sentences of cited passages that stand in the draft word
// for word: approved text asserts nothing the library does not. A passage about
// the other side of the range than the patient's value is no such excuse.
func (r *reviewing) findQuoted() {
	for _, p := range r.cited {
		if r.contradicts(p) {
			continue
		}
		for _, sentence := range sentences(p.Text) {
			for from := 0; len(sentence) >= shortestQuote; {
				at := strings.Index(r.text[from:], sentence)
				if at < 0 {
					break
				}
				r.quoted = append(r.quoted, span{from + at, from + at + len(sentence)})
				from += at + len(sentence)
			}
		}
	}
	r.quoteSources()
	for i, n := range r.names {
		r.names[i].quoted = anyHolds(r.quoted, n.span)
	}
}

// quoteSources takes the title of the publication an interval comes from as
// quoted: the digits in it are its number and year.
func (r *reviewing) quoteSources() {
	for _, f := range r.evidence.Facts {
		title := fold.Text(bot.ShortSource(f.IntervalSource))
		for from := 0; title != ""; {
			at := strings.Index(r.text[from:], title)
			if at < 0 {
				break
			}
			r.quoted = append(r.quoted, span{from + at, from + at + len(title)})
			from += at + len(title)
		}
	}
}

// contradicts reports a section about low values where the patient's is high,
// or the other way round.
func (r *reviewing) contradicts(p bot.Passage) bool {
	side, _, _ := strings.Cut(string(p.Section), "-")
	opposite := map[string]bot.Direction{"high": bot.DirectionLow, "low": bot.DirectionHigh}[side]
	if opposite == "" {
		return false
	}
	contradicted := false
	for _, f := range r.evidence.Facts {
		if slices.Contains(p.Analytes, f.Analyte) {
			if f.Direction != opposite {
				return false
			}
			contradicted = true
		}
	}
	return contradicted
}

// sentences cuts a folded passage at the ends of its sentences.
func sentences(text string) []string {
	var all []string
	start := 0
	for at, c := range text {
		if strings.ContainsRune("。!?\n", c) || c == '.' && !asciiDigit(text, at+1) {
			end := at + utf8.RuneLen(c)
			all = append(all, strings.TrimSpace(text[start:end]))
			start = end
		}
	}
	return append(all, strings.TrimSpace(text[start:]))
}

// Mentions reports whether a text names any of the facts.
func (g *Guard) Mentions(text string, facts []bot.Fact) bool {
	r := &reviewing{words: &g.words, draft: Draft{Text: text}, evidence: bot.Evidence{Facts: facts}, script: newScript(text)}
	r.findNames()
	return len(r.names) > 0
}

// namesIn are the unquoted namings inside a span.
func (r *reviewing) namesIn(within span) []naming {
	var all []naming
	for _, n := range r.names {
		if !n.quoted && within.holds(n.span) {
			all = append(all, n)
		}
	}
	return all
}

// named reports whether the draft names fact i anywhere.
func (r *reviewing) named(i int) bool {
	return slices.ContainsFunc(r.names, func(n naming) bool { return slices.Contains(n.facts, i) })
}
