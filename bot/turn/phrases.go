package turn

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"careline/bot"
)

//go:embed phrases
var phraseFiles embed.FS

// phrases is what the composer can say in one language.
type phrases struct {
	language  bot.Language
	templates *template.Template
}

// loadPhrases parses the phrase files; a phrase that names a field its data
// lacks is found by the test that says every phrase.
func loadPhrases() (map[bot.Language]*phrases, error) {
	all := map[bot.Language]*phrases{}
	for _, language := range []bot.Language{bot.Chinese, bot.English} {
		t, err := template.New("").Option("missingkey=error").ParseFS(phraseFiles, "phrases/"+string(language)+".tmpl")
		if err != nil {
			return nil, fmt.Errorf("turn: phrases in %q: %w", language, err)
		}
		all[language] = &phrases{language: language, templates: t}
	}
	return all, nil
}

// voice says phrases and remembers the first error, so that composing reads as
// prose and is checked once at its end.
type voice struct {
	*phrases
	err error
}

func (v *voice) say(name string, data any) string {
	var b strings.Builder
	if err := v.templates.ExecuteTemplate(&b, name, data); err != nil && v.err == nil {
		v.err = fmt.Errorf("turn: phrase %q in %q: %w", name, v.language, err)
	}
	return b.String()
}

// day is a date as people say it: the year only when it is not this one.
type day struct {
	Year      int
	Month     int
	MonthName string
	Day       int
}

// date says d, "" when the day is unknown.
func (v *voice) date(d bot.Date, now time.Time) string {
	t, ok := d.Time()
	if !ok {
		return ""
	}
	said := day{Month: int(t.Month()), MonthName: t.Month().String(), Day: t.Day()}
	if t.Year() != now.Year() {
		said.Year = t.Year()
	}
	return v.say("date", said)
}

// whose says whose report it is, by relation and never by name.
func (v *voice) whose(p *bot.PatientContext) string {
	if p == nil {
		return v.say("whose", bot.PatientContext{Relation: bot.RelationSelf})
	}
	return v.say("whose", *p)
}
