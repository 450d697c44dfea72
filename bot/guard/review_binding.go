package guard

import (
	"slices"
	"strconv"
	"strings"
)

// bind says which facts a word or number at s is about: the name before it in
// its clause, else the one after it there, else those named last before it; where
// nothing was named, the only item there is. An empty answer: it is open.
func (r *reviewing) bind(s span) []int {
	i := r.clauseOf(s.start)
	own := span{r.phraseSpan(i).start, r.clauses[i].end}
	var before, after, earlier *naming
	for i := range r.names {
		n := &r.names[i]
		switch {
		case n.quoted || n.overlaps(s):
		case own.holds(n.span) && n.end <= s.start:
			before = n
		case own.holds(n.span) && after == nil:
			after = n
		case n.end <= own.start:
			earlier = n
		}
	}
	switch {
	case before != nil:
		return before.facts
	case after != nil:
		return after.facts
	case earlier != nil:
		return earlier.facts
	}
	return r.onlyItem(s)
}

// onlyItem are all facts where they are about one item and the text has named no
// other before s.
func (r *reviewing) onlyItem(s span) []int {
	for _, o := range r.found["lexicon.analyte"] {
		if o.end <= s.start && !anyOverlaps(r.nameSpans(), o) && !r.unlikelySymbol(o) {
			return nil
		}
	}
	for _, f := range r.evidence.Facts {
		if first := r.evidence.Facts[0]; f.Analyte != first.Analyte || f.Analyte == "" && f.Name != first.Name {
			return nil
		}
	}
	return everyFact(r.evidence.Facts)
}

// bindNumber says which facts a number may be about, one group for each reading:
// where a list of names is followed by as many values, the name at its place.
func (r *reviewing) bindNumber(q quantity) []int {
	sentence := r.sentenceSpan(r.clauseOf(q.start))
	var values []span
	for _, o := range r.quantities {
		if sentence.holds(o.span) && o.measure == "" && r.paired(o) == r.paired(q) && r.bracketed(r.clauseOf(o.start)) == r.bracketed(r.clauseOf(q.start)) {
			values = append(values, o.span)
		}
	}
	facts := r.bind(q.span)
	placed := r.placed(q.span, values, sentence)
	if placed == nil {
		return facts
	}
	if r.has("numbers.ordered", sentence) || len(matching(r.evidence.Facts, placed, q.value)) > 0 {
		return placed
	}
	return facts
}

// placed are the facts of the name whose place in a run of names is that of s in
// the run of words or values that follows it: "A、B 分别为 1、2"; nil where the runs
// are not of one length. An end of a range takes two places.
func (r *reviewing) placed(s span, others []span, sentence span) []int {
	at := slices.Index(others, s)
	first, last := at, at
	names := r.namesIn(sentence)
	nameBetween := func(a, b span) bool {
		return slices.ContainsFunc(names, func(n naming) bool { return n.start >= a.end && n.end <= b.start })
	}
	for first > 0 && !nameBetween(others[first-1], others[first]) {
		first--
	}
	for last >= 0 && last+1 < len(others) && !nameBetween(others[last], others[last+1]) {
		last++
	}
	if at < 0 {
		return nil
	}
	var run []naming
	for _, n := range names {
		if n.end <= others[first].start && (first == 0 || n.start >= others[first-1].end) {
			run = append(run, n)
		}
	}
	count, place := last-first+1, at-first
	if len(run) > 0 && count == 2*len(run) {
		count, place = len(run), place/2
	}
	if len(run) < 2 || count != len(run) {
		return nil
	}
	return run[place].facts
}

// bindWord says which facts a word of direction is about, one group a name: in
// "A and B are high" each must agree.
func (r *reviewing) bindWord(s span) [][]int {
	i := r.clauseOf(s.start)
	if n := r.nameBehind(s); n != nil {
		return [][]int{n.facts}
	}
	phrase, sentence := r.phraseSpan(i), r.sentenceSpan(i)
	if facts := r.kind(s); facts != nil {
		return [][]int{facts}
	}
	if facts := r.ordinal(s, sentence); facts != nil {
		return [][]int{facts}
	}
	if r.has("numbers.ordered", sentence) {
		if facts := r.placed(s, r.claims(sentence), sentence); facts != nil {
			return [][]int{facts}
		}
	}
	from := phrase.start
	for _, o := range r.claims(phrase) {
		if o.end <= s.start && o.end > from {
			from = o.end
		}
	}
	var groups [][]int
	for _, n := range r.namesIn(phrase) {
		if n.start >= from && n.end <= s.start {
			groups = append(groups, n.facts)
		}
	}
	if len(groups) == 0 {
		groups = r.several(s)
	}
	if facts := r.bind(s); len(groups) == 0 && len(facts) > 0 {
		groups = append(groups, facts)
	}
	return groups
}

// kind is the only item that a share or a count right before s can stand for: in
// "百分比略高" the one whose name ends so.
func (r *reviewing) kind(s span) []int {
	var found []int
	for _, ending := range []string{"百分比", "百分率", "绝对值", "percentage"} {
		if !strings.HasSuffix(strings.TrimSpace(r.text[r.clauses[r.clauseOf(s.start)].start:s.start]), ending) {
			continue
		}
		for i, f := range r.evidence.Facts {
			if slices.ContainsFunc(factNames(f), func(name string) bool { return strings.HasSuffix(name, ending) }) {
				found = append(found, i)
			}
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found
}

// ordinal is the item "the former", "后者" stands for where s follows it in its
// clause: the first or second named in the sentence.
func (r *reviewing) ordinal(s, sentence span) []int {
	c := r.clauses[r.clauseOf(s.start)]
	place, at := -1, c.start
	for k, list := range []string{"numbers.first", "numbers.second"} {
		for _, o := range r.found[list] {
			if o.start >= at && o.end <= s.start {
				place, at = k, o.end
			}
		}
	}
	names := r.namesIn(sentence)
	if place < 0 || len(names) < 2 || len(r.namesIn(span{at, s.start})) > 0 {
		return nil
	}
	return names[place].facts
}

// claims are the words of direction inside a span, in order.
func (r *reviewing) claims(within span) []span {
	var all []span
	for _, claim := range claimed {
		all = append(all, r.in(claim.list, within)...)
	}
	slices.SortFunc(all, func(a, b span) int { return a.start - b.start })
	return all
}

// nameBehind is the item right behind an English word of direction, "a high ALT",
// or behind "偏高的是".
func (r *reviewing) nameBehind(s span) *naming {
	rest := r.text[s.end:]
	length := 0
	switch {
	case latinLetter(r.text, s.start) && strings.HasPrefix(rest, " "):
		length = 1
	default:
		for _, link := range []string{"的是", "的有"} {
			if strings.HasPrefix(rest, link) {
				length = len(link)
			}
		}
	}
	for i := range r.names {
		if n := &r.names[i]; length > 0 && n.start == s.end+length && !n.quoted && r.clauseOf(n.start) == r.clauseOf(s.start) {
			return n
		}
	}
	return nil
}

// several are the items "both are high", "两项都偏高" speaks of where its clause
// names none: those before it in its part of the sentence, else those behind it, as
// many as it counts; one group each.
func (r *reviewing) several(s span) [][]int {
	i := r.clauseOf(s.start)
	c := r.clauses[i]
	count := r.itemCount(span{c.start, s.start})
	if !r.has("numbers.both", c.span) && count == 0 || len(r.namesIn(c.span)) > 0 || r.has("normal.rest", c.span) {
		return nil
	}
	sentence := r.sentenceSpan(i)
	part := sentence.start + 1 + strings.LastIndex(r.text[sentence.start:s.start], ";")
	groups := distinct(r.namesIn(span{part, s.start}))
	if n := len(groups); count > 0 && n > count {
		groups = groups[n-count:]
	}
	if len(groups) == 0 {
		end := sentence.end
		if at := strings.IndexByte(r.text[s.end:end], ';'); at >= 0 {
			end = s.end + at
		}
		groups = distinct(r.namesIn(span{s.end, end}))
		if count > 0 && len(groups) > count {
			groups = groups[:count]
		}
	}
	if len(groups) < 2 {
		return nil
	}
	return groups
}

// itemCount is how many items a span counts last, 0 where it counts none.
func (r *reviewing) itemCount(within span) int {
	count := 0
	for _, q := range r.quantities {
		if within.holds(q.span) && slices.Contains(itemWords, q.measure) {
			count, _ = strconv.Atoi(q.value)
		}
	}
	return count
}

// distinct are the facts of namings, each once.
func distinct(names []naming) [][]int {
	var groups [][]int
	for _, n := range names {
		if !slices.ContainsFunc(groups, func(known []int) bool { return slices.Equal(known, n.facts) }) {
			groups = append(groups, n.facts)
		}
	}
	return groups
}
