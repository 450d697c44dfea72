package guard

import (
	"slices"
	"strconv"
	"strings"
)

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

// heading reports a line of its own that names no item: what it says is said of
// the lines below it.
func (r *reviewing) heading(i int) bool {
	const longest = 45 // bytes: "二、在参考范围内的项目"
	c := r.clauses[i]
	begins := c.start == 0 || r.text[c.start-1] == '\n' || strings.HasSuffix(r.text[:c.start], "\n")
	ends := c.end < len(r.text) && (r.text[c.end-1] == '\n' || r.text[c.end-1] == ':' && r.text[c.end] == '\n')
	return begins && ends && c.end-c.start <= longest && len(r.namesIn(c.span)) == 0
}
