package guard

import (
	"regexp"
	"slices"
	"strings"

	"careline/bot"
)

// v11: nobody pretends to be a person, and nothing is promised that is not so.
func (r *reviewing) v11() []bot.Violation {
	var all []bot.Violation
	for _, s := range r.found["voice.impersonation"] {
		if !r.negated(s) && !anyHolds(r.quoted, s) {
			all = append(all, r.violation(s, "the assistant speaks as a person"))
		}
	}
	for _, s := range r.matches("voice.pretence") {
		if words := r.text[s.start:s.end]; !strings.Contains(words, "不") && !strings.Contains(words, " not ") && !anyHolds(r.quoted, s) {
			all = append(all, r.violation(s, "the assistant speaks as a person"))
		}
	}
	if r.draft.CaseCommitted {
		return all
	}
	for _, s := range r.found["voice.promises"] {
		c := r.clauses[r.clauseOf(s.start)]
		if !r.negated(s) && !r.supposed(c) && !strings.Contains(r.text[c.start:s.start], "不能") {
			all = append(all, r.violation(s, "a promise without a case that makes it true"))
		}
	}
	for _, deed := range r.found["voice.deeds"] {
		c := r.clauses[r.clauseOf(deed.start)]
		if doer, ok := r.nearestBefore("voice.doers", deed, c); ok && deed.start-doer.end <= farthestDeed && !r.negated(deed) && !r.supposed(c) {
			all = append(all, r.violation(span{doer.start, deed.end}, "a deed without a case that makes it true"))
		}
	}
	return all
}

// farthestDeed is how far behind who does it a deed stands, in bytes.
const farthestDeed = 24

// markPattern is a citation mark; folding has made it lower case.
var markPattern = regexp.MustCompile(`\[ ?([kf]\d{1,3})(?: ?[,、] ?[kf]\d{1,3})* ?\]`)

var markID = regexp.MustCompile(`[kf]\d{1,3}`)

// v12: citations exist, and words of medicine come from the evidence.
func (r *reviewing) v12() []bot.Violation {
	var all []bot.Violation
	for _, id := range r.draft.Cited {
		if !slices.ContainsFunc(r.evidence.Passages, func(p bot.Passage) bool { return p.ID == id }) {
			all = append(all, r.overText("the cited passage %q does not exist", id)...)
		}
	}
	for _, m := range r.marks() {
		for _, id := range markID.FindAllString(r.text[m.start:m.end], -1) {
			switch {
			case !r.exists(id):
				all = append(all, r.violation(m, "a mark of evidence that does not exist"))
			case !r.bears(id, m):
				all = append(all, r.violation(m, "a mark of evidence that says nothing of this"))
			}
		}
	}
	for _, list := range reviewLists {
		if kind, ok := strings.CutPrefix(list, "lexicon."); ok && kind != "allowed" && kind != "analyte" {
			for _, s := range r.found[list] {
				if !r.sourced(s) {
					all = append(all, r.violation(s, "a %s that is in no cited passage, no fact and not in the patient's words", kind))
				}
			}
		}
	}
	return all
}

// bears reports whether the passage of a mark shares a term of medicine or a number
// with the sentence the mark stands at; a sentence without any claims nothing.
func (r *reviewing) bears(id string, m span) bool {
	i := slices.IndexFunc(r.cited, func(p bot.Passage) bool { return strings.EqualFold(p.ID, id) })
	if i < 0 {
		return true // a fact's mark
	}
	sentence := r.sentenceSpan(r.clauseOf(m.start))
	claims := 0
	for _, list := range reviewLists {
		if kind, ok := strings.CutPrefix(list, "lexicon."); !ok || kind == "allowed" || kind == "analyte" {
			continue
		}
		for _, s := range r.in(list, sentence) {
			if claims++; containsFolded(r.cited[i].Text, r.text[s.start:s.end]) {
				return true
			}
		}
	}
	for _, q := range r.quantities {
		if sentence.holds(q.span) && strings.Contains(r.cited[i].Text, q.value) {
			return true
		}
	}
	return claims == 0
}

// marks are the citation marks of the draft.
func (r *reviewing) marks() []span {
	if !strings.Contains(r.text, "[") {
		return nil
	}
	var all []span
	for _, m := range markPattern.FindAllStringIndex(r.text, -1) {
		all = append(all, span{m[0], m[1]})
	}
	return all
}

func (r *reviewing) exists(id string) bool {
	return slices.ContainsFunc(r.evidence.Passages, func(p bot.Passage) bool { return strings.EqualFold(p.ID, id) }) ||
		slices.ContainsFunc(r.evidence.Facts, func(f bot.Fact) bool { return strings.EqualFold(f.ID, id) })
}

func (r *reviewing) sourced(s span) bool {
	return anyHolds(r.quoted, s) || containsFolded(r.source, r.text[s.start:s.end]) || r.relatedTerm(r.text[s.start:s.end]) || anyHolds(r.found["lexicon.allowed"], s) || anyHolds(r.nameSpans(), s)
}

// containsFolded finds a folded word, an English one also without its plural.
func containsFolded(text, word string) bool {
	if strings.Contains(text, word) {
		return true
	}
	singular, plural := strings.CutSuffix(word, "s")
	return plural && latinLetter(word, 0) && len(singular) >= 3 && strings.Contains(text, singular)
}
