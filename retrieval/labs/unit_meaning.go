package labs

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"careline/bot/fold"
	"careline/retrieval/labs/ucum"
)

// mostMeanings bounds what a spelling of several ambiguous parts may mean.
const mostMeanings = 16

// meanings are the UCUM codes a printed unit may mean, the likeliest first: as a
// whole spelling, as parts, as a UCUM code. guessed is a code that no
// spelling leads to: "as" is an attosecond to UCUM and a word to everybody else, so
// that it counts only where the analyte can be measured in it.
func (w unitWords) meanings(printed string) (codes []string, guessed bool) {
	if len(printed) > mostName {
		return nil, false
	}
	if known := w.whole[unitKey(printed)]; known != nil {
		if w.small(printed) {
			return known[:1], false
		}
		return known, false
	}
	code := strings.TrimSpace(printed)
	_, err := ucum.Parse(code)
	isCode := err == nil && strings.ContainsFunc(code, unicode.IsLetter)
	if isCode && strings.ContainsAny(code, "[{(") {
		return []string{code}, false
	}
	folded := w.withoutRemark(fold.Text(printed))
	if known := w.whole[unitKey(folded)]; known != nil {
		return known, false
	}
	if composed := w.compose(folded); composed != nil {
		return composed, false
	}
	if isCode {
		return []string{code}, true
	}
	return nil, false
}

// agree reports whether two spellings may mean the same unit: "kU/L" and "k[IU]/L".
func (w unitWords) agree(a, b string) bool {
	ofA, _ := w.meanings(a)
	ofB, _ := w.meanings(b)
	return slices.ContainsFunc(ofA, func(code string) bool { return slices.Contains(ofB, code) })
}

// small reports whether a spelling is in small letters what in capitals means
// something else: g/L is no G/L.
func (w unitWords) small(printed string) bool {
	if !w.capital[unitKey(printed)] {
		return false
	}
	first, _ := utf8.DecodeRuneInString(norm.NFKC.String(strings.TrimSpace(printed)))
	return unicode.IsLower(first)
}

var bracketsBehind = regexp.MustCompile(`^(.+?)\s*[(\[【]([^()\[\]【】]+)[)\]】]$`)

// withoutRemark cuts a remark in brackets that says nothing about the unit.
func (w unitWords) withoutRemark(folded string) string {
	if m := bracketsBehind.FindStringSubmatch(folded); m != nil && w.remarks[m[2]] {
		return m[1]
	}
	return folded
}

var (
	tenToThe = regexp.MustCompile(`^[x×*]?\s*10(?:\^|\*{1,2}|e\+?|\()?\s?([1-9]\d?)\)?(?:[^\d]|$)`)
	perWord  = regexp.MustCompile(`\sper\s`)
	joints   = strings.NewReplacer(" ", ".", "·", ".", "•", ".", "⋅", ".", "*", ".", "(", ".", ")", "", "[", ".", "]", "", "【", ".", "】", "", "μ", "u", "^", "", "／", "/", "每", "/")
	dots     = regexp.MustCompile(`\.*(/|\.)\.*`)
)

// assembly is a unit being put together.
type assembly struct {
	over, under []string
}

// compose reads a folded spelling part by part. Whatever stands behind the first
// "/" is under the line: "mg/g.Cr", "mL/min/1.73m2".
func (w unitWords) compose(folded string) []string {
	made := []assembly{{}}
	rest := perWord.ReplaceAllString(folded, "/")
	if m := tenToThe.FindStringSubmatchIndex(rest); m != nil {
		made[0].over = []string{"10*" + rest[m[2]:m[3]]}
		rest = strings.TrimLeft(rest[m[3]:], ") ")
	}
	if strings.HasSuffix(rest, "/") {
		return nil
	}
	over, under, _ := strings.Cut(dots.ReplaceAllString(joints.Replace(rest), "$1"), "/")
	for i, side := range []string{over, under} {
		for part := range strings.FieldsFuncSeq(side, func(r rune) bool { return r == '.' || r == '/' }) {
			if made = w.join(made, part, i == 1); made == nil {
				return nil
			}
		}
	}
	var codes []string
	for _, m := range made {
		if code := m.code(); code != "" {
			codes = append(codes, code)
		}
	}
	return codes
}

// join adds a part to every reading so far, in all it may mean.
func (w unitWords) join(made []assembly, part string, under bool) []assembly {
	if m, found := w.marks[part]; found {
		for i := range made {
			if !made[i].mark(m) {
				return nil
			}
		}
		return made
	}
	bare, inverse := strings.CutSuffix(part, "-1")
	codes := w.parts[bare]
	if before, glued, found := w.glued(bare); len(codes) == 0 && found {
		return w.join(w.join(made, before, under), glued, under)
	}
	if len(codes) == 0 || len(made)*len(codes) > mostMeanings {
		return nil
	}
	var all []assembly
	for _, m := range made {
		for _, code := range codes {
			all = append(all, m.with(code, under || inverse))
		}
	}
	return all
}

// glued splits a part from a mark printed without a space: "gCr".
func (w unitWords) glued(part string) (before, glued string, found bool) {
	for at := range part {
		if _, isMark := w.marks[part[at:]]; isMark && w.parts[part[:at]] != nil {
			return part[:at], part[at:], true
		}
	}
	return "", "", false
}

func (a assembly) with(code string, under bool) assembly {
	next := assembly{over: append([]string(nil), a.over...), under: append([]string(nil), a.under...)}
	switch {
	case code == "":
	case under:
		next.under = append(next.under, code)
	default:
		next.over = append(next.over, code)
	}
	return next
}

// mark puts an annotation on the part it belongs to; false when there is none.
func (a *assembly) mark(m unitMark) bool {
	side, at := a.under, len(a.under)-1
	if m.onFirst || at < 0 {
		side, at = a.over, len(a.over)-1
	}
	if m.onFirst {
		at = 0
	}
	if at < 0 || at >= len(side) {
		return false
	}
	side[at] += "{" + m.annotation + "}"
	return true
}

// code is the assembled UCUM code, "" when nothing is left or it is none.
func (a assembly) code() string {
	code := strings.Join(a.over, ".")
	for _, part := range a.under {
		code += "/" + part
	}
	if _, err := ucum.Parse(code); err != nil {
		return ""
	}
	return code
}
