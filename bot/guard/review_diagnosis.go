package guard

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"careline/bot"
)

// v6: no condition is asserted or excluded for this person, nor an organ called
// well or ill. Causes in general, questions, conditions and what the patient told
// are no assertions.
func (r *reviewing) v6() []bot.Violation {
	var all []bot.Violation
	for _, m := range r.conditions() {
		if why := r.diagnosed(m); why != "" {
			all = append(all, r.violation(m, "%s", why))
		}
	}
	for _, s := range r.found["diagnosis.healthy"] {
		c := r.clauses[r.clauseOf(s.start)]
		if organ, ok := r.nearestBefore("diagnosis.organs", s, c); ok && !anyHolds(r.quoted, s) && !r.supposed(c) && !r.has("diagnosis.uncertain", c.span) {
			all = append(all, r.violation(span{organ.start, s.end}, "an organ called well or ill"))
		}
	}
	return all
}

// conditions are the places where a draft names a condition, not as part of a
// longer word ("癌胚抗原") or of an item's name.
func (r *reviewing) conditions() []span {
	var all []span
	names := r.nameSpans()
	for _, list := range []string{"lexicon.condition", "diagnosis.veiled"} {
		for _, s := range r.found[list] {
			if !anyHolds(names, s) && !anyHolds(r.found["diagnosis.compounds"], s) && !anyHolds(r.quoted, s) {
				all = append(all, s)
			}
		}
	}
	for _, s := range r.unlisted() {
		if !anyOverlaps(all, s) && !anyOverlaps(names, s) && !anyOverlaps(r.found["diagnosis.compounds"], s) && !anyHolds(r.quoted, s) {
			all = append(all, s)
		}
	}
	return all
}

// diagnosed says why a condition at m is asserted or excluded, "" when it is not.
func (r *reviewing) diagnosed(m span) string {
	const asserted, excluded = "a diagnosis asserted for this person", "a diagnosis excluded for this person"
	c := r.clauses[r.clauseOf(m.start)]
	rhetorical := r.rhetorical(m)
	if !rhetorical && (r.supposed(c) || r.has("diagnosis.uncertain", c.span)) || r.told(m, c) {
		return ""
	}
	if r.inQuotationMarks(m) && containsFolded(r.question, r.text[m.start:m.end]) {
		return "" // the patient's or somebody's words, repeated
	}
	if list, ok := r.verbBefore(m, c); ok && !(list == "diagnosis.hedge" && r.general(c)) && !r.causes(m, c) && !r.otherPeople(m, c, list) {
		if list == "diagnosis.exclude" {
			return excluded
		}
		return asserted
	}
	if r.after("diagnosis.excluded", m, c) {
		return excluded
	}
	if r.after("diagnosis.after", m, c) && !r.general(c) || rhetorical || r.owned(m, c) {
		return asserted
	}
	return ""
}

// verbBefore is the list of the verb nearest before a condition in its clause.
func (r *reviewing) verbBefore(m span, c clause) (string, bool) {
	best, at := "", span{}
	for _, list := range []string{"diagnosis.assert", "diagnosis.hedge", "diagnosis.exclude"} {
		if s, ok := r.nearestBefore(list, m, c); ok && (best == "" || s.end > at.end || s.end == at.end && s.start < at.start) {
			best, at = list, s
		}
	}
	return best, best != ""
}

// nearestBefore is the last word of a list shortly before at in its clause.
func (r *reviewing) nearestBefore(list string, at span, c clause) (span, bool) {
	const near = 16 // characters; three times as many in Latin words
	for i := len(r.found[list]) - 1; i >= 0; i-- {
		s := r.found[list][i]
		if !c.holds(s) || s.start >= at.start || s.end > at.end {
			continue
		}
		gap := r.text[min(s.end, at.start):at.start]
		limit := near
		if latinLetter(r.text, s.start) {
			limit = 3 * near
		}
		return s, utf8.RuneCountInString(gap) <= limit
	}
	return span{}, false
}

// after reports a word of a list right behind a condition.
func (r *reviewing) after(list string, m span, c clause) bool {
	const near = 27 // bytes: "肝癌这块您就可以"
	for _, s := range r.found[list] {
		far := near
		if latinLetter(r.text, s.start) {
			far = 40
		}
		if s.start >= m.end && s.start-m.end <= far && s.end <= c.end {
			return true
		}
	}
	return false
}

// general reports a clause that lists what may be behind results of people in
// general; a clause about this person's result is none.
func (r *reviewing) general(c clause) bool {
	listed := strings.Contains(r.text[c.start:c.end], "、") || r.has("diagnosis.knowledge", c.span)
	return listed && !r.has("diagnosis.person", c.span) || r.has("diagnosis.knowledge", c.span) && strings.Count(r.text[c.start:c.end], "、") > 0
}

// causes reports a clause that opens a list of what may be behind results of people
// in general, and speaks of nobody.
func (r *reviewing) causes(m span, c clause) bool {
	return r.words.patterns["diagnosis.common_causes"].MatchString(r.text[c.start:m.start]) && !r.has("diagnosis.person", c.span)
}

// otherPeople reports a condition that others have, or are tested for: "people
// with diabetes", "糖尿病患者". "您是甲减患者" is none.
func (r *reviewing) otherPeople(m span, c clause, list string) bool {
	for _, s := range r.found["diagnosis.introduced"] {
		if c.holds(s) && s.end <= m.start && m.start-s.end <= 12 {
			return true
		}
	}
	person := r.has("diagnosis.person", span{c.start, m.start})
	for _, s := range r.found["diagnosis.background"] {
		if c.holds(s) && s.start >= m.end && s.start-m.end <= 1 {
			return !person || list == "diagnosis.hedge"
		}
	}
	return false
}

// rhetorical reports a question that asserts: "这不就是脂肪肝吗".
func (r *reviewing) rhetorical(m span) bool {
	// "What else could it be but gout" is two clauses and one question.
	sentence := r.sentenceSpan(r.clauseOf(m.start))
	for _, s := range r.found["diagnosis.rhetorical"] {
		if sentence.holds(s) && (s.end <= m.start && m.start-s.end <= 24 || s.start >= m.end && s.start-m.end <= 12) {
			return true
		}
	}
	return false
}

// owned reports a condition called the reader's: "您的脂肪肝", "your diabetes".
func (r *reviewing) owned(m span, c clause) bool {
	before := strings.TrimRight(r.text[c.start:m.start], " ")
	for _, own := range []string{"您的", "你的", "your"} {
		if strings.HasSuffix(before, own) {
			return !r.after("diagnosis.background", m, c)
		}
	}
	return false
}

// told reports a condition the patient named: as their question, repeated, or as
// something they have.
func (r *reviewing) told(m span, c clause) bool {
	name := r.text[m.start:m.end]
	if !containsFolded(r.question, name) {
		return false
	}
	return r.has("diagnosis.told", c.span) || r.toldAsTheirs(name) && !r.negated(m)
}

// toldAsTheirs reports a patient who tells, and does not ask, that they have it.
func (r *reviewing) toldAsTheirs(name string) bool {
	for _, part := range strings.FieldsFunc(r.question, func(c rune) bool { return strings.ContainsRune(",。.!;\n", c) }) {
		found := r.words.phrases.find(part)
		if strings.Contains(part, name) && len(found["diagnosis.history"]) > 0 && len(found["grammar.questions"]) == 0 && !strings.Contains(part, "?") {
			return true
		}
	}
	return false
}

// namedDisease and latinDisease are names of conditions told by their endings, for
// those that no list has: two characters or a stem before it.
var (
	namedDisease = regexp.MustCompile(`(?:\p{Han}{2}\P{Han}|[^\P{Han}可能有发消无的是抗等和或与些种什么看生疾毛得治防]{2}[炎癌瘤病])$`)
	latinDisease = regexp.MustCompile(`[a-z]{4,}(?:itis|aemia|emia|oma|opathy|penia|gonadism|thyroidism|aldosteronism)\b|\b[a-z]{4,}(?:'s)? (?:syndrome|disorder)\b`)
)

// latinEndings are one in every name that latinDisease finds.
var latinEndings = []string{"itis", "emia", "oma", "opathy", "penia", "ism", "syndrome", "disorder"}

// unlisted are conditions told by their endings.
func (r *reviewing) unlisted() []span {
	var all []span
	for _, s := range r.found["diagnosis.endings"] {
		before := r.text[max(0, s.start-6):s.start]
		if s.end-s.start == len("病") {
			before += r.text[s.start:s.end]
		} else {
			before += "."
		}
		if m := namedDisease.FindStringIndex(before); m != nil {
			all = append(all, span{max(0, s.start-6) + m[0], s.end})
		}
	}
	if slices.ContainsFunc(latinEndings, func(end string) bool { return strings.Contains(r.text, end) }) {
		for _, m := range latinDisease.FindAllStringIndex(r.text, -1) {
			all = append(all, span{m[0], m[1]})
		}
	}
	return all
}
