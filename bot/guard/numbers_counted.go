package guard

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"careline/bot"
)

// counted reports whether a number of things (days, times, years of age) can be
// computed from the evidence or was said before.
func (r *reviewing) counted(q quantity, bound []int) bool {
	n, err := strconv.ParseFloat(q.value, 64)
	if err != nil {
		return false
	}
	if r.inPassage(span{q.start, q.start + len(q.whole)}) || strings.Contains(r.question, q.whole) {
		return true
	}
	switch {
	case strings.HasPrefix(q.measure, "倍"), strings.HasPrefix(q.measure, "time"), strings.HasPrefix(q.measure, "fold"):
		return r.timesLimit(q, n, bound)
	case slices.Contains(occasionWords, q.measure):
		return r.occasions(q, n)
	case slices.Contains(itemWords, q.measure):
		return r.items(n)
	case q.measure == "岁", strings.HasPrefix(q.measure, "years old"):
		return r.evidence.Patient != nil && r.evidence.Patient.Age >= 0 && float64(r.evidence.Patient.Age) == n
	case daysIn[q.measure] > 0 && r.clauses[r.clauseOf(q.start)].question:
		return true // how often, how long: asked of the patient
	case daysIn[q.measure] > 0:
		return r.has("numbers.elapsed", r.clauses[r.clauseOf(q.start)].span) && r.since(n*daysIn[q.measure], daysIn[q.measure])
	case strings.HasPrefix(q.measure, "月"), strings.HasPrefix(q.measure, "日"), strings.HasPrefix(q.measure, "号"):
		d := dated{month: int(n)}
		if !strings.HasPrefix(q.measure, "月") {
			d = dated{day: int(n)}
		}
		return slices.ContainsFunc(r.days(), d.fits)
	}
	return false
}

// occasionWords count how often something was or is done, itemWords items.
var (
	occasionWords = []string{"次", "回", "occasion", "occasions"}
	itemWords     = []string{"项", "个", "条", "份", "张", "点", "件", "方面", "result", "results", "value", "values", "item", "items", "marker", "markers", "reading", "readings", "number", "numbers", "test", "tests", "line", "lines", "report", "reports", "thing", "things", "question", "questions", "reason", "reasons", "point", "points"}
)

// few is how many things a text may count without evidence: "两份报告", "三个问题".
const few = 3

// occasions reports whether so many values are known; where the clause judges no
// value, something may be done a few times.
func (r *reviewing) occasions(q quantity, n float64) bool {
	c := r.clauses[r.clauseOf(q.start)].span
	judges := slices.ContainsFunc(claimed, func(w directionWord) bool { return r.has(w.list, c) })
	if n == 1 || n <= few && !judges {
		return true
	}
	return slices.ContainsFunc(r.evidence.Facts, func(f bot.Fact) bool { return n <= float64(1+len(f.Previous)) })
}

// items reports a count of no more things than there are results.
func (r *reviewing) items(n float64) bool {
	return n <= float64(max(few, len(r.evidence.Facts)))
}

// daysIn is the length of what time is counted in.
var daysIn = map[string]float64{
	"天": 1, "周": 7, "个星期": 7, "星期": 7, "个月": 30.4, "年": 365.25,
	"day": 1, "days": 1, "week": 7, "weeks": 7, "month": 30.4, "months": 30.4, "year": 365.25, "years": 365.25,
}

// since reports a time between two dates of the evidence, or one and now.
func (r *reviewing) since(days, unit float64) bool {
	slack := 0.6 * unit
	times := []time.Time{r.evidence.Now}
	for _, f := range r.evidence.Facts {
		if t, ok := f.Date.Time(); ok {
			times = append(times, t)
		}
		for _, p := range f.Previous {
			if t, ok := p.Date.Time(); ok {
				times = append(times, t)
			}
		}
	}
	for i, a := range times {
		for _, b := range times[i+1:] {
			if apart := math.Abs(a.Sub(b).Hours()) / 24; apart > 0 && math.Abs(apart-days) <= slack {
				return true
			}
		}
	}
	return false
}
