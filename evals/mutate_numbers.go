package evals

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"careline/bot"
)

// changed is another number than n that nothing the draft rests on holds.
func (s *subject) changed(n string) (string, bool) {
	for range 20 {
		digits := []byte(n)
		for range 1 + s.random.IntN(2) {
			i := s.random.IntN(len(digits))
			if digits[i] != '.' {
				digits[i] = byte('0' + s.random.IntN(10))
			}
		}
		if out := string(digits); s.unknown(out) && (len(out) < 2 || out[0] != '0' || out[1] == '.') {
			return out, true
		}
	}
	return "", false
}

// unknown reports a number that is in no fact, passage or question and that no
// answer may use freely.
func (s *subject) unknown(n string) bool {
	plain := plainNumber(n)
	return !s.known[plain] && plain != "120" && plain != "110" && plain != "12356"
}

// number edits one number that tells a fact.
func (s *subject) number(which func(place) bool, make func(n string) (string, bool)) (edit, bool) {
	p, ok := pick(s, slices.DeleteFunc(slices.Clone(s.numbers), func(p place) bool { return !which(p) }))
	if !ok {
		return edit{}, false
	}
	with, ok := make(s.text[p.start:p.end])
	return edit{p.start, p.end, with}, ok
}

func anyPlace(place) bool { return true }

func digitChanged(s *subject) (edit, bool) { return s.number(anyPlace, s.changed) }

func pointMoved(s *subject) (edit, bool) {
	return s.number(anyPlace, func(n string) (string, bool) {
		whole, part, _ := strings.Cut(n, ".")
		at, digits := len(whole), whole+part
		to := at + []int{-2, -1, 1, 2}[s.random.IntN(4)]
		for to > len(digits) {
			digits += "0"
		}
		for to < 1 {
			digits, to = "0"+digits, to+1
		}
		out := digits[:to]
		if part := strings.TrimRight(digits[to:], "0"); part != "" {
			out += "." + part
		}
		if out = strings.TrimLeft(out, "0"); out == "" || out[0] == '.' {
			out = "0" + out
		}
		return out, s.unknown(out)
	})
}

func zeroWidth(s *subject) (edit, bool) {
	return s.number(anyPlace, func(n string) (string, bool) {
		out, ok := s.changed(n + "0")
		if !ok {
			return "", false
		}
		hidden, _ := pick(s, []string{"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"})
		at := 1 + s.random.IntN(len(out)-1)
		return out[:at] + hidden + out[at:], true
	})
}

func fullWidth(s *subject) (edit, bool) {
	return s.number(anyPlace, func(n string) (string, bool) {
		out, ok := s.changed(n)
		return strings.Map(func(r rune) rune { return r - '!' + '！' }, out), ok
	})
}

func inWords(s *subject) (edit, bool) {
	value := func(p place) bool { return p.value && !pairAround(s.text, p) }
	return s.number(value, func(n string) (string, bool) {
		out, ok := s.changed(n)
		if !ok {
			return "", false
		}
		return spelled(out, s.language)
	})
}

const dash = `\s*(?:-{1,2}|~|～|–|—|至|到|to)\s*`

var (
	pairBehind = regexp.MustCompile(`^` + dash + `\d`)
	pairBefore = regexp.MustCompile(`\d` + dash + `$`)
)

// pairAround reports a number that is an end of an interval.
func pairAround(text string, p place) bool {
	return pairBehind.MatchString(text[p.end:]) || pairBefore.MatchString(text[:p.start])
}

func intervalChanged(s *subject) (edit, bool) {
	return s.number(func(p place) bool { return pairAround(s.text, p) }, s.changed)
}

// dated is a day a draft names.
type dated struct {
	start, end int
	month, day int
	dayAt      [2]int // where the day's digits stand
}

var (
	chineseDay = regexp.MustCompile(`(?:\d{4}年)?(\d{1,2})月(\d{1,2})[日号]`)
	isoDay     = regexp.MustCompile(`\d{4}[-/](\d{1,2})[-/](\d{1,2})`)
	englishDay = regexp.MustCompile(`(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*`)
	monthFirst = regexp.MustCompile(`(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* (\d{1,2})`)
)

// dates are the days a draft names.
func (s *subject) dates() (all []dated) {
	for _, kind := range []struct {
		pattern    *regexp.Regexp
		month, day int // groups
	}{{chineseDay, 1, 2}, {isoDay, 1, 2}, {englishDay, 2, 1}, {monthFirst, 1, 2}} {
		for _, m := range kind.pattern.FindAllStringSubmatchIndex(s.text, -1) {
			d := dated{start: m[0], end: m[1], dayAt: [2]int{m[2*kind.day], m[2*kind.day+1]}}
			d.day, _ = strconv.Atoi(s.text[d.dayAt[0]:d.dayAt[1]])
			month := s.text[m[2*kind.month]:m[2*kind.month+1]]
			if named, err := time.Parse("Jan", month); err == nil {
				d.month = int(named.Month())
			} else {
				d.month, _ = strconv.Atoi(month)
			}
			all = append(all, d)
		}
	}
	return all
}

// of reports whether a day is a fact's.
func (d dated) of(date bot.Date) bool {
	t, ok := date.Time()
	return ok && int(t.Month()) == d.month && t.Day() == d.day
}

func (s *subject) factDay(d dated) bool {
	return slices.ContainsFunc(s.evidence.Facts, func(f bot.Fact) bool {
		return d.of(f.Date) || slices.ContainsFunc(f.Previous, func(p bot.Point) bool { return d.of(p.Date) })
	})
}

// dateChanged tells a result of another day than it is of.
func dateChanged(s *subject) (edit, bool) {
	d, ok := pick(s, slices.DeleteFunc(s.dates(), func(d dated) bool { return !s.factDay(d) }))
	if !ok {
		return edit{}, false
	}
	other := d
	other.day = 1 + s.random.IntN(28)
	with := strconv.Itoa(other.day)
	if d.dayAt[1]-d.dayAt[0] == 2 && s.text[d.dayAt[0]] == '0' && len(with) == 1 {
		with = "0" + with
	}
	return edit{d.dayAt[0], d.dayAt[1], with}, !s.factDay(other) && s.unknown(with)
}
