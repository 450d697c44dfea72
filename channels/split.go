package channels

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// The places to cut, best first.
const (
	atParagraph = iota
	atSentence
	atClause
	atWord
	atCluster // between two characters as people see them, where nothing better is
	places
)

// whole is what is never cut: a number with its unit or a date, and an address.
var whole = regexp.MustCompile(`(?:https?://|www\.)[!-~]+` +
	`|(?:[<>≤≥＜＞±≈~～+−-][ \x{a0}]?)?` +
	`(?:[0-9０-９]+(?:[ ]?[.,:：/×xX*^~～–—−至-]?[ ]?[0-9０-９⁰¹²³⁴-⁹]+)*` +
	`[ \x{a0}]?(?:[a-zA-Zµμ%‰℃°/×][!-~µμ°·²³⁰-⁹]*` +
	`|毫摩尔|微摩尔|国际单位|毫克|微克|毫升|分升|千克|公斤|厘米|毫米|小时|分钟|个月|个|年|月|日|号|时|点|分|秒|天|周|岁|次|倍|克|升|度|片|粒|项)?)+`)

// Split cuts text, which is valid UTF-8, into parts of at most limit bytes, which
// joined are text again. It cuts at the end of a paragraph, else of a sentence, of
// a clause or of a word, and never inside a number with its unit, an address or an
// emoji, unless that alone is longer than limit. A limit of 0 is none; one below 4,
// the longest character, counts as 4.
func Split(text string, limit int) []string {
	if limit <= 0 {
		return []string{text}
	}
	limit = max(limit, utf8.UTFMax)
	var parts []string
	for len(text) > limit {
		n := cut(text, limit)
		parts = append(parts, text[:n])
		text = text[n:]
	}
	return append(parts, text)
}

// cut is where the first part of text ends. A good place in the first half is
// passed over for a lesser one behind it: patients wait for every further part.
func cut(text string, limit int) int {
	last, any := ends(text, limit)
	farthest := 0
	for _, at := range last {
		if at > limit/2 {
			return at
		}
		farthest = max(farthest, at)
	}
	if farthest > 0 {
		return farthest
	}
	if any > 0 {
		return any
	}
	for !utf8.RuneStart(text[limit]) {
		limit--
	}
	return limit
}

// ends are the last places of each kind up to limit, and the last one between two
// characters whatever it cuts; 0 where there is none.
func ends(text string, limit int) (last [places]int, any int) {
	kept := whole.FindAllStringIndex(text[:min(len(text), 2*limit)], -1)
	rest, state, at := text, -1, 0
	for {
		var cluster string
		var boundaries int
		cluster, rest, boundaries, state = uniseg.StepString(rest, state)
		if at += len(cluster); at > limit {
			return last, any
		}
		any = at
		for len(kept) > 0 && kept[0][1] <= at {
			kept = kept[1:]
		}
		if len(kept) == 0 || kept[0][0] >= at {
			last[place(cluster, boundaries)] = at
		}
	}
}

func place(cluster string, boundaries int) int {
	switch {
	case boundaries&uniseg.MaskLine == uniseg.LineMustBreak:
		return atParagraph
	case boundaries&uniseg.MaskSentence != 0:
		return atSentence
	case strings.ContainsAny(cluster, "，、；：,;:"):
		return atClause
	case boundaries&uniseg.MaskLine == uniseg.LineCanBreak:
		return atWord
	}
	return atCluster
}
