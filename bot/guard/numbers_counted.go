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
		return r.timesLimit(n, q.value, bound)
	case q.measure == "次":
		return r.occasions(n, bound)
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

// occasions reports whether so many values are known.
func (r *reviewing) occasions(n float64, bound []int) bool {
	if len(bound) == 0 {
		bound = everyFact(r.evidence.Facts)
	}
	return slices.ContainsFunc(bound, func(i int) bool { return n <= float64(1+len(r.evidence.Facts[i].Previous)) })
}

// timesLimit reports n as the value in multiples of the limit it is beyond,
// rounded to the digits said.
func (r *reviewing) timesLimit(n float64, said string, bound []int) bool {
	_, part, _ := strings.Cut(said, ".")
	slack := 0.5 * math.Pow10(-len(part))
	for _, i := range bound {
		f := r.evidence.Facts[i]
		if !f.Value.Number.Valid() {
			continue
		}
		times := 0.0
		switch {
		case f.Direction == bot.DirectionHigh && f.Interval.High.Valid():
			times = f.Value.Number.Float() / f.Interval.High.Float()
		case f.Direction == bot.DirectionLow && f.Interval.Low.Valid():
			times = f.Interval.Low.Float() / f.Value.Number.Float()
		}
		if math.Abs(times-n) <= slack+1e-9 {
			return true
		}
	}
	return false
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
