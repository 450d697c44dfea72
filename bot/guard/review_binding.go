package guard

import "slices"

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
		if sentence.holds(o.span) && o.measure == "" && o.paired == q.paired && r.bracketed(r.clauseOf(o.start)) == r.bracketed(r.clauseOf(q.start)) {
			values = append(values, o.span)
		}
	}
	facts := r.bind(q.span)
	placed := r.placed(q.span, values, sentence)
	if placed == nil {
		return facts
	}
	if r.has("numbers.ordered", sentence) || len(r.matching(placed, q.value)) > 0 {
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
	if r.heading(i) {
		for _, n := range r.names {
			if n.start >= s.end {
				return [][]int{n.facts}
			}
		}
	}
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

// claims are the words of direction inside a span, in order.
func (r *reviewing) claims(within span) []span {
	var all []span
	for _, claim := range claimed {
		all = append(all, r.in(claim.list, within)...)
	}
	slices.SortFunc(all, func(a, b span) int { return a.start - b.start })
	return all
}
