package guard

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"careline/bot/fold"
)

// script is a draft in canonical form (V0), cut into clauses. Line breaks stay:
// list numbers stand after them.
type script struct {
	text         string
	starts, ends []int // original byte span of each canonical byte
	clauses      []clause
}

// clause is a piece between marks; question says that its sentence ends with "?"
// right after it.
type clause struct {
	span
	sentence int
	question bool
}

// newScript folds a draft line by line.
func newScript(draft string) script {
	s := script{starts: make([]int, 0, len(draft)), ends: make([]int, 0, len(draft))}
	var text strings.Builder
	text.Grow(len(draft))
	at := 0
	for line := range strings.SplitSeq(draft, "\n") {
		if at > 0 {
			text.WriteByte('\n')
			s.starts, s.ends = append(s.starts, at-1), append(s.ends, at)
		}
		f := fold.Fold(line)
		text.WriteString(f.Text())
		for i := range len(f.Text()) {
			start, end := f.Origin(i, i+1)
			s.starts, s.ends = append(s.starts, at+start), append(s.ends, at+end)
		}
		at += len(line) + 1
	}
	s.text = text.String()
	return s
}

// origin is where a canonical span stands in the draft.
func (s *script) origin(o span) (int, int) {
	if o.start < 0 || o.start >= len(s.starts) || o.end <= o.start {
		return 0, 0
	}
	return s.starts[o.start], s.ends[min(o.end, len(s.ends))-1]
}

// cut finds the clauses; names are not cut.
func (s *script) cut(names []span) {
	start, sentence := 0, 0
	next := 0
	for at, r := range s.text {
		for next < len(names) && names[next].end <= at {
			next++
		}
		if next < len(names) && names[next].start <= at {
			continue
		}
		ends, ofSentence := s.boundary(at, r)
		if !ends {
			continue
		}
		end := at + utf8.RuneLen(r)
		if strings.TrimSpace(s.text[start:at]) != "" {
			s.clauses = append(s.clauses, clause{span{start, end}, sentence, r == '?'})
		}
		start = end
		if ofSentence {
			sentence++
		}
	}
	if strings.TrimSpace(s.text[start:]) != "" {
		s.clauses = append(s.clauses, clause{span{start, len(s.text)}, sentence, false})
	}
}

// contrastPattern begins another clause where no mark stands.
var contrastPattern = regexp.MustCompile(`^ (?:even though|although|though|whereas|while|but) `)

func (s *script) boundary(at int, r rune) (ends, ofSentence bool) {
	switch r {
	case '\n', '。', '!', '?', '…':
		return true, true
	case '.':
		return !asciiDigit(s.text, at+1), !asciiDigit(s.text, at+1)
	case ',':
		// "1,200" is one number where the draft wrote an ASCII comma.
		return !(asciiDigit(s.text, at-1) && asciiDigit(s.text, at+3) && s.ends[at]-s.starts[at] == 1), false
	case ':':
		// "1:320" is a titre, "8:30" a time.
		return !(asciiDigit(s.text, at-1) && asciiDigit(s.text, at+1)), false
	case ';', '(', ')', '—':
		return true, false
	case ' ':
		return contrastPattern.MatchString(s.text[at:]), false
	}
	return false, false
}

// clauseOf is the index of the clause in which position at stands.
func (s *script) clauseOf(at int) int {
	low, high := 0, len(s.clauses)
	for low < high {
		if mid := (low + high) / 2; s.clauses[mid].end <= at {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return min(low, len(s.clauses)-1)
}

// sentenceSpan is the whole sentence of clause i.
func (s *script) sentenceSpan(i int) span {
	whole := s.clauses[i].span
	for k := i; k >= 0 && s.clauses[k].sentence == s.clauses[i].sentence; k-- {
		whole.start = s.clauses[k].start
	}
	for k := i; k < len(s.clauses) && s.clauses[k].sentence == s.clauses[i].sentence; k++ {
		whole.end = s.clauses[k].end
	}
	return whole
}

// phraseSpan is clause i with what stands before and behind its brackets: "A 5
// (0-6) and B 22 (9-50) are within" is one.
func (s *script) phraseSpan(i int) span {
	whole := s.clauses[i].span
	if s.bracketed(i) {
		return whole
	}
	for k := i; k >= 2 && s.bracketed(k-1) && s.clauses[k-1].end == s.clauses[k].start && !s.bracketed(k-2) && s.clauses[k-2].sentence == s.clauses[i].sentence; k -= 2 {
		whole.start = s.clauses[k-2].start
	}
	for k := i; k+2 < len(s.clauses) && s.bracketed(k+1) && s.clauses[k+1].end == s.clauses[k+2].start && s.clauses[k+2].sentence == s.clauses[i].sentence; k += 2 {
		whole.end = s.clauses[k+2].end
	}
	return whole
}

// bracketed reports a clause in brackets.
func (s *script) bracketed(i int) bool {
	c := s.clauses[i]
	return c.start > 0 && s.text[c.start-1] == '(' && s.text[c.end-1] == ')'
}
