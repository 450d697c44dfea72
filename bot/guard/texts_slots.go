package guard

import (
	"fmt"
	"strings"
	"unicode"

	"careline/bot"
)

type noticeSlots struct {
	OnShift   bool
	Role      string
	Relations []string
	Date      string
	People    []string
	Who       string // the current one of the people
	Lines     []string
	Follows   bool
	Words     string
}

// people are numbered lines of whom the account may ask about, by relation and
// never by name, and who of them is the current one; where two share a relation
// their year of birth tells them apart.
func (r *reviewed) people(s NoticeSlots) (lines []string, who string) {
	total := map[string]int{}
	for _, b := range s.People {
		total[r.relation(b.Relation, b.Sex).Name]++
	}
	for i, b := range s.People {
		name := r.relation(b.Relation, b.Sex).Name
		label := name
		if born, ok := b.Born.Time(); ok && total[name] > 1 {
			label += fmt.Sprintf(r.file.People["born"], born.Year())
		}
		line := fmt.Sprintf("%d %s", i+1, label)
		if b.Patient == s.Current {
			who = label
			line += r.file.People["current"]
		}
		lines = append(lines, line)
	}
	return lines, who
}

// maxQuoted is how much of a person's own words a notice repeats, in characters.
const maxQuoted = 300

// quoted are a person's own words on one line, without what does not show.
func quoted(words bot.Text) string {
	shown := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, words.Plain())
	line := []rune(strings.Join(strings.Fields(shown), " "))
	if len(line) > maxQuoted {
		return string(line[:maxQuoted]) + "…"
	}
	return string(line)
}

// safetySlots are the words a safety text is filled with.
type safetySlots struct {
	Handed bool // a person is told and on shift
	Now    bool // not today, now
	Stated bool // all facts are the patient's own words
	Take   string
	Whose  string
	Line   string // what to do until help comes
	Facts  []factWords
	More   int // critical facts not listed
}

type factWords struct{ Source, Name, Value, Range, Line string }

func (r *reviewed) safetySlots(families map[string]string, s SafetySlots, shown int) safetySlots {
	family := s.Family
	if of, ok := families[family]; ok {
		family = of
	}
	relation := r.relation(s.Relation, s.Sex)
	w := safetySlots{
		Handed: s.OnShift && s.CaseCommitted, Stated: len(s.Facts) > 0, Now: len(s.Facts) == 0,
		Take: relation.Take, Whose: relation.Whose, Line: pick(r.file.Families, family), More: len(s.Facts) - shown,
	}
	for i, f := range s.Facts {
		w.Stated = w.Stated && f.Kind == bot.FactStated
		// A fact whose line is unknown is treated as the more urgent one.
		w.Now = w.Now || f.Critical == nil || f.Critical.Action == bot.TierNow
		if i < shown {
			w.Facts = append(w.Facts, r.factWords(f))
		}
	}
	return w
}

// What a report prints may be long or odd; longer pieces are left to the report.
const (
	longestName  = 60
	longestValue = 40
	longestRange = 40
)

func (r *reviewed) factWords(f bot.Fact) factWords {
	side := bot.DirectionUnknown
	if f.Critical != nil {
		side = f.Critical.Side
	}
	name, value := f.Name, f.Value.Shown()
	if name == "" || len(name) > longestName {
		name = string(f.Analyte)
	}
	if value == "" || len(value) > longestValue {
		value = f.Value.Comparator + f.Value.Number.String()
	}
	if unit := f.Value.Unit; unit != "" && len(unit) <= longestValue {
		value += " " + unit
	}
	words := factWords{
		Source: r.file.Sources[string(bot.FactResult)], Name: name, Value: value,
		Line: pick(r.file.Analytes, string(f.Analyte)+"-"+string(side)),
	}
	if f.Kind == bot.FactStated {
		words.Source = r.file.Sources[string(bot.FactStated)]
	}
	if len(f.Interval.Printed) <= longestRange {
		words.Range = f.Interval.Printed
	}
	return words
}

// relation is how the text names whose danger it is; without a binding it is the
// writer's own.
func (r *reviewed) relation(relation bot.Relation, sex bot.Sex) relationText {
	if words, ok := r.file.Relations[string(relation)+"-"+string(sex)]; ok {
		return words
	}
	if words, ok := r.file.Relations[string(relation)]; ok {
		return words
	}
	return r.file.Relations[string(bot.RelationSelf)]
}

func pick(lines map[string]string, key string) string {
	if line, ok := lines[key]; ok {
		return line
	}
	return lines["default"]
}
