package prompts

import (
	"slices"
	"unicode/utf8"

	"careline/bot"
)

// explainView is what the templates see. Its texts from outside are data; it
// holds no id of a patient, a report or a result, and no laboratory.
type explainView struct {
	Person            *bot.PatientContext
	Action, Tier      string
	Waits, Held       bool
	Missing, Question []string
	Facts             []factView
	Beyond            int // facts that are not listed
	Passages          []passageView
	Recent            []recentView
	Marks             bool
	Length            int // characters of Chinese, words of English
}

type factView struct {
	ID, Name, Flag   string
	Specimen         bot.Specimen
	Stated, Final    bool
	Judged, Directed bool
	Again            bool // the comparable value before lay out on the same side
	Steady           bool // it moved no more than those of a steady person
	Incomparable     bool // there are earlier values, none to compare with
	Slots            []slotView
}

type slotView struct{ Key, Text string }

type passageView struct{ ID, Heading, Text string }

type recentView struct {
	Author bot.Author
	Text   string
}

func (x Explain) view() explainView {
	v := explainView{
		Person: x.Evidence.Patient, Action: visible(x.Action), Tier: x.Tier.String(), Waits: x.Level > bot.LevelNone, Held: x.Held,
		Marks: x.Marks, Length: x.length(), Passages: passages(x.Evidence.Passages),
	}
	for _, name := range x.Missing[:min(len(x.Missing), mostMissing)] {
		v.Missing = append(v.Missing, data(name, longestPrinted))
	}
	for _, text := range last(x.Question, mostMessages) {
		v.Question = append(v.Question, data(text.Plain(), longestQuestion))
	}
	for _, m := range last(x.Recent, mostRecent) {
		v.Recent = append(v.Recent, recentView{Author: m.Author, Text: data(m.Text.Plain(), longestRecent)})
	}
	facts := slices.Clone(x.Evidence.Facts)
	slices.SortStableFunc(facts, func(a, b bot.Fact) int { return order(a) - order(b) })
	for _, f := range facts[:min(len(facts), mostFacts)] {
		v.Facts = append(v.Facts, x.fact(f))
	}
	v.Beyond = len(facts) - len(v.Facts)
	return v
}

// order puts what is out of range first and what is within last.
func order(f bot.Fact) int {
	switch f.Direction {
	case bot.DirectionHigh, bot.DirectionLow:
		return 0
	case bot.DirectionWithin:
		return 2
	}
	return 1
}

func (x Explain) fact(f bot.Fact) factView {
	v := factView{
		ID: f.ID, Name: data(f.Name, longestPrinted), Specimen: f.Specimen, Stated: f.Kind == bot.FactStated, Final: f.Status.Usable(), Judged: f.Judged,
	}
	if f.Flag != "" {
		v.Flag = data(f.Flag, longestPrinted)
	}
	for _, s := range x.Slots {
		if s.Fact == f.ID {
			v.Slots = append(v.Slots, slotView{Key: "{{" + s.Fact + "." + s.Name + "}}", Text: data(s.Text, longestPrinted)})
			v.Directed = v.Directed || s.Name == "direction"
		}
	}
	at := slices.IndexFunc(f.Previous, func(p bot.Point) bool { return p.Same })
	v.Incomparable = at < 0 && len(f.Previous) > 0
	if at >= 0 && v.Directed {
		v.Again = order(f) == 0 && f.Previous[at].Direction == f.Direction
		v.Steady = f.Previous[at].Move == bot.MoveWithin
	}
	return v
}

// passages are as many as fit, in the order of the evidence.
func passages(found []bot.Passage) []passageView {
	var all []passageView
	room := allPassages
	for _, p := range found[:min(len(found), mostPassages)] {
		v := passageView{ID: p.ID, Heading: data(p.Title+" "+p.Heading, longestPrinted), Text: data(p.Text, longestPassage)}
		if room -= utf8.RuneCountInString(v.Heading + v.Text); room < 0 {
			break
		}
		all = append(all, v)
	}
	return all
}

// length is how long an answer may be, a tenth below what one message holds: a
// Chinese character takes 3 bytes, an English word with its space about 6.
func (x Explain) length() int {
	most, bytes := 450, 3
	if x.Language == bot.English {
		most, bytes = 300, 6
	}
	if x.Limit == 0 {
		return most
	}
	return min(most, x.Limit*9/10/bytes)
}

func last[T any](all []T, most int) []T { return all[max(0, len(all)-most):] }
