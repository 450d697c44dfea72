package guard

import (
	"embed"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode"

	"careline/bot"
)

//go:embed data/slots
var slotFiles embed.FS

// slotTexts are the words of slots in each language.
type slotTexts map[bot.Language]slotWords

type slotWords struct {
	ApprovedBy        string                   `yaml:"approved_by"`
	Direction         map[bot.Direction]string `yaml:"direction"`
	Change            map[string]string        `yaml:"change"`
	GeneralRange      string                   `yaml:"general_range"` // of an interval that is not the report's
	Date              string                   `yaml:"date"`
	DateOfAnotherYear string                   `yaml:"date_of_another_year"`
}

func loadSlots(g *Guard) error {
	g.slots = slotTexts{}
	for _, language := range []bot.Language{bot.Chinese, bot.English} {
		name := "data/slots/" + string(language) + ".yaml"
		var w slotWords
		if err := readYAML(slotFiles, name, &w); err != nil {
			return fmt.Errorf("slots: %w", err)
		}
		for _, word := range []string{
			w.ApprovedBy, w.Direction[bot.DirectionHigh], w.Direction[bot.DirectionLow], w.Direction[bot.DirectionWithin],
			w.Change["up"], w.Change["down"], w.Change["same"], w.GeneralRange, w.Date, w.DateOfAnotherYear,
		} {
			if word == "" {
				return fmt.Errorf("slots: %s: a word is missing", name)
			}
		}
		g.slots[language] = w
	}
	return nil
}

// of is Chinese where a language has no words.
func (t slotTexts) of(language bot.Language) slotWords {
	if w, ok := t[language]; ok {
		return w
	}
	return t[bot.Chinese]
}

// longestSlot is how much a report may put into an answer through one slot.
const longestSlot = 120 // bytes

// say is what a slot of a fact says, "" where it must not be said.
func (w slotWords) say(name string, f bot.Fact, now time.Time) string {
	text := w.read(name, f, now)
	unsafe := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune("{}｛｝﹛﹜", r) }
	if len(text) > longestSlot || strings.ContainsFunc(text, unsafe) {
		return ""
	}
	return strings.TrimSpace(text)
}

func (w slotWords) read(name string, f bot.Fact, now time.Time) string {
	before, compares := earlier(f)
	switch {
	case name == "name":
		return f.Name
	case name == "value":
		return quantityOf(f.Value)
	case name == "range":
		return w.rangeOf(f)
	case name == "direction" && directed(f):
		return w.Direction[f.Direction]
	case name == "times_upper" && directed(f):
		return timesUpper(f)
	case name == "date":
		return w.day(f.Date, now)
	case name == "previous" && compares:
		return quantityOf(before.Value)
	case name == "previous_date" && compares:
		return w.day(before.Date, now)
	case name == "change" && compares && directed(f):
		return w.Change[changeOf(f, before)]
	}
	return ""
}

// directed reports whether words of ours may say where the value lies.
func directed(f bot.Fact) bool { return f.Judged && f.Status.Usable() }

func quantityOf(v bot.Value) string {
	if v.Printed == "" || v.Unit == "" {
		return v.Shown()
	}
	return v.Shown() + " " + v.Unit
}

func (w slotWords) rangeOf(f bot.Fact) string {
	if f.IntervalSource == "" || f.Interval.Printed == "" {
		return f.Interval.Printed
	}
	return strings.NewReplacer("RANGE", f.Interval.Printed, "SOURCE", bot.ShortSource(f.IntervalSource)).Replace(w.GeneralRange)
}

// timesUpper is the value in multiples of its upper limit to one decimal, where
// that is more than one.
func timesUpper(f bot.Fact) string {
	if f.Direction != bot.DirectionHigh || !oneNumber(f.Value) || !f.Interval.High.Valid() || f.Interval.High.Rat().Sign() <= 0 {
		return ""
	}
	times := strings.TrimSuffix(new(big.Rat).Quo(f.Value.Number.Rat(), f.Interval.High.Rat()).FloatString(1), ".0")
	if times == "1" {
		return ""
	}
	return times
}

// day is a date as people say it, "" for an unknown or a partial one.
func (w slotWords) day(d bot.Date, now time.Time) string {
	t, ok := d.Time()
	switch {
	case !ok:
		return ""
	case t.Year() == now.Year():
		return t.Format(w.Date)
	}
	return t.Format(w.DateOfAnotherYear)
}

// earlier is the newest earlier value that the fact's compares with.
func earlier(f bot.Fact) (bot.Point, bool) {
	for _, p := range f.Previous {
		if p.Same {
			return p, oneNumber(f.Value) && oneNumber(p.Value)
		}
	}
	return bot.Point{}, false
}

// oneNumber reports a value that is one number, not a bound of detection or a word.
func oneNumber(v bot.Value) bool { return v.Number.Valid() && v.Comparator == "" }

func changeOf(f bot.Fact, before bot.Point) string {
	switch f.Value.Number.Cmp(before.Value.Number) {
	case 1:
		return "up"
	case -1:
		return "down"
	}
	return "same"
}
