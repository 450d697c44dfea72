package webchat

import (
	"strconv"
	"time"

	"careline/bot"
	"careline/bot/pages"
)

// frame is what every page of the channel knows.
type frame struct {
	pages.Speech
	Institution bot.Institution
	Path        string // /w/{institution}
	Title       string
}

type chatPage struct {
	frame
	People    []person
	Consented bool
	Human     bool // a member of staff owns the conversation
	Elsewhere bool // it is held in another app; here it is read
	Messages  []message
	Last      int64 // the newest number drawn
	Typing    bool
	Problem   string
	NextID    string // the id a page without scripts sends with its message
}

// person is a patient the account may read, named by relation, never by name.
type person struct {
	ID     bot.PatientID
	Label  string
	Chosen bool
	Since  string
}

type message struct {
	pages.Speech
	Path      string
	Number    int64
	ID        bot.MessageID
	Author    bot.Author
	Who       string
	Mine      bool
	AI        bool
	Automatic bool
	Text      string
	At        time.Time
	Time      string
	Evidence  bool
	Full      bool
	Rateable  bool
}

type consentPage struct {
	frame
	Version  string
	Purposes []purpose
}

type purpose struct {
	ID    bot.Purpose
	Title string
	Text  string
	Given bool
}

type mePage struct {
	frame
	People   []person
	Purposes []purpose
}

type bindPage struct {
	frame
	Code      string
	Problem   string
	Relations []relation
}

type relation struct {
	ID     bot.Relation
	Label  string
	Chosen bool
}

type evidencePage struct {
	frame
	Answer   bot.MessageID
	Verdict  bot.Verdict
	Facts    []fact
	Passages []bot.Passage
}

type fact struct {
	ID         string
	Name       string
	Value      string
	Unit       string
	Interval   string
	Source     string // of an interval the report does not print
	Flag       string
	Direction  bot.Direction
	Word       string
	Date       string
	Laboratory string
	Critical   bool
	Stated     bool
	Trend      bool
	Spark      *pages.Chart
}

type trendPage struct {
	frame
	Answer bot.MessageID
	Chart  pages.Chart
}

type fullPage struct {
	frame
	Answer bot.MessageID
	Text   string
}

type errorPage struct {
	frame
	Sentence string
	Again    string
}

// people names an account's patients by relation; where two share one, they are
// numbered in the order they were bound.
func people(s pages.Speech, bindings []bot.Binding, chosen bot.PatientID) []person {
	var all []person
	total, seen := map[string]int{}, map[string]int{}
	for _, b := range bindings {
		total[relationWord(s, b.Relation, b.Sex)]++
	}
	for _, b := range bindings {
		label := relationWord(s, b.Relation, b.Sex)
		seen[label]++
		numbered := label
		if total[label] > 1 {
			numbered += " " + strconv.Itoa(seen[label])
		}
		all = append(all, person{ID: b.Patient, Label: numbered, Chosen: b.Patient == chosen || len(bindings) == 1, Since: s.Day(b.Since)})
	}
	return all
}

func relationWord(s pages.Speech, r bot.Relation, sex bot.Sex) string {
	switch {
	case r == bot.RelationParent && sex == bot.SexFemale:
		return s.Say("relation-mother")
	case r == bot.RelationParent && sex == bot.SexMale:
		return s.Say("relation-father")
	}
	return s.Say("relation-" + string(r))
}

func relations(s pages.Speech, chosen bot.Relation) []relation {
	var all []relation
	for _, r := range []bot.Relation{bot.RelationSelf, bot.RelationParent, bot.RelationChild, bot.RelationSpouse, bot.RelationOther} {
		all = append(all, relation{ID: r, Label: s.Say("relation-" + string(r)), Chosen: r == chosen})
	}
	return all
}

// facts shows evidence as printed. A direction word of ours appears only where
// the fact may be judged; spark is the trend of a fact, nil where there is none.
func facts(s pages.Speech, all []bot.Fact, spark func(bot.Fact) *pages.Chart) []fact {
	var views []fact
	for _, f := range all {
		direction := f.Direction
		if !f.Judged || direction == "" {
			direction = bot.DirectionUnknown
		}
		views = append(views, fact{
			ID: f.ID, Name: f.Name, Value: f.Value.Shown(), Unit: f.Value.Unit, Interval: f.Interval.Printed, Source: f.IntervalSource, Flag: f.Flag,
			Direction: direction, Word: s.Say("direction-" + string(direction)), Date: s.DayOf(f.Date), Laboratory: f.Laboratory,
			Critical: f.Critical != nil, Stated: f.Kind == bot.FactStated, Trend: f.Kind == bot.FactResult, Spark: spark(f),
		})
	}
	return views
}
