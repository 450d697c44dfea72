package labs

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/fold"
)

// ageAndSex is what decides which of several printed intervals is meant.
type ageAndSex struct {
	sex  bot.Sex
	days float64 // age at the time of the specimen; below zero: unknown
}

const (
	daysOfYear  = 365.25
	daysOfBirth = 28 // how long a child is a newborn
)

// personAt is somebody at a time; the age is unknown without a whole birth date.
func personAt(sex bot.Sex, born bot.Date, at time.Time) ageAndSex {
	p := ageAndSex{sex: sex, days: -1}
	if birth, ok := born.Time(); ok && !at.IsZero() && !at.Before(birth) {
		p.days = at.Sub(birth).Hours() / 24
	}
	return p
}

// suitable says whether an alternative is for a person.
type suitable int

const (
	suitsYes suitable = iota
	suitsMaybe
	suitsNo
)

// alternative is one interval of a text that holds several.
type alternative struct {
	interval bot.Interval
	suits    suitable
}

// IntervalFor reads a printed interval for one person. A text that says whom each
// of its intervals is for ("男:130-175 女:115-150", "成人 3-5；儿童 4-9") gives the
// only one that suits; where none does, or more might, it stays without bounds.
func (c *Catalogue) IntervalFor(printed string, sex bot.Sex, born bot.Date, at time.Time) bot.Interval {
	if i := ParseInterval(printed); i.Usable() {
		return i
	}
	return c.labelled(printed, personAt(sex, born, at))
}

// labelled reads a text in which every interval has a label.
func (c *Catalogue) labelled(printed string, who ageAndSex) bot.Interval {
	i := bot.Interval{Printed: strings.TrimSpace(printed)}
	if strings.IndexFunc(i.Printed, digit) < 0 {
		return i
	}
	r := alternatives{words: c.intervalWords, rest: strings.ToLower(plainDigits(fold.Text(i.Printed))), who: who}
	if !r.read() {
		return i
	}
	var chosen *bot.Interval
	for _, a := range r.all {
		switch {
		case a.suits == suitsNo:
		case a.suits == suitsMaybe || chosen != nil:
			return i
		default:
			chosen = &a.interval
		}
	}
	if chosen == nil {
		return i
	}
	chosen.Printed = i.Printed
	return *chosen
}

// alternatives walks through a text of intervals and labels. In "男:3-5 女:2-4" a
// label stands before its interval, in "3-5(男) 2-4(女)" behind it.
type alternatives struct {
	words   intervalWords
	rest    string
	who     ageAndSex
	all     []alternative
	pending suitable // of the labels read since the last interval
	ofSex   suitable // a sex holds for all intervals that follow it
	labels  int
	behind  bool
}

var (
	betweenIntervals = regexp.MustCompile(`^[\s,，;；:：/|、。()（）\[\]【】]+`)
	unitOfOne        = `(?:\s*(?:[x×*]?\s*10[\^*]?\d{1,2}|[a-zμ]+)?/[a-zμ\d.]+|\s*%|\s*(?:fl|pg|s|sec|秒)\b)?`
	oneRange         = regexp.MustCompile(`^` + aBound + `\s*(?:-{1,2}|~|–|—+|至|到|to)\s*` + aBound + unitOfOne)
	oneBound         = regexp.MustCompile(`^(?:<=|>=|≤|≥|<|>|小于|大于|不高于|不低于)\s*` + aBound + unitOfOne)
)

// read reports whether every piece of the text was understood.
func (r *alternatives) read() bool {
	for first := true; ; first = false {
		r.rest = r.rest[len(betweenIntervals.FindString(r.rest)):]
		if r.rest == "" {
			return r.labels > 0 && len(r.all) > 0 && (r.behind || r.pending == suitsYes)
		}
		switch suits, length, kind := r.words.label(r.rest, r.who); {
		case length > 0:
			r.rest = r.rest[length:]
			r.label(suits, kind)
		case r.interval():
			r.behind = r.behind || first
		default:
			return false
		}
	}
}

// label notes whom the next interval is for, or the last one.
func (r *alternatives) label(suits suitable, kind labelKind) {
	switch {
	case kind == labelNeutral:
		return
	case r.behind:
		last := &r.all[len(r.all)-1]
		last.suits = max(last.suits, suits)
	case kind == labelSex:
		r.ofSex, r.pending = suits, suitsYes
	default:
		r.pending = max(r.pending, suits)
	}
	r.labels++
}

func (r *alternatives) interval() bool {
	found := oneRange.FindString(r.rest)
	if found == "" {
		found = oneBound.FindString(r.rest)
	}
	i := ParseInterval(found)
	if !i.Usable() {
		return false
	}
	r.rest = r.rest[len(found):]
	r.all = append(r.all, alternative{interval: i, suits: max(r.ofSex, r.pending)})
	r.pending = suitsYes
	return true
}

// ageLabel is a span of ages in days, both ends within.
type ageLabel struct{ from, to float64 }

func (a ageLabel) suits(p ageAndSex) suitable {
	switch {
	case p.days < 0:
		return suitsMaybe
	case p.days >= a.from && p.days < a.to:
		return suitsYes
	}
	return suitsNo
}

func parseNumber(s string) float64 {
	n, _ := strconv.ParseFloat(s, 64)
	return n
}
