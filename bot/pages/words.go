package pages

import (
	_ "embed"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

//go:embed words.yaml
var sharedWords []byte

// Words are the texts of the pages' buttons, labels and hints, by key and language.
type Words map[string]map[bot.Language]string

// LoadWords reads word files; later files may not repeat a key. Every key
// has a text in every language. The shared words are always included.
func LoadWords(files ...[]byte) (Words, error) {
	words := Words{}
	for _, file := range append([][]byte{sharedWords}, files...) {
		var more Words
		if err := yaml.Unmarshal(file, &more); err != nil {
			return nil, fmt.Errorf("pages: words: %w", err)
		}
		for key, texts := range more {
			if _, twice := words[key]; twice {
				return nil, fmt.Errorf("pages: word %q is defined twice", key)
			}
			if texts[bot.Chinese] == "" || texts[bot.English] == "" {
				return nil, fmt.Errorf("pages: word %q needs a Chinese and an English text", key)
			}
			if len(texts) != 2 {
				return nil, fmt.Errorf("pages: word %q has more than a Chinese and an English text; one with a comma stands in quotes", key)
			}
			words[key] = texts
		}
	}
	return words, nil
}

// Speech is how one page speaks: in which language, and in which time zone it
// shows times. Every template's data embeds it.
type Speech struct {
	Lang  bot.Language
	Zone  *time.Location
	words Words
}

// In is the speech of a page in one language.
func (w Words) In(lang bot.Language, zone *time.Location) Speech {
	return Speech{Lang: lang, Zone: zone, words: w}
}

// T is the text of a key with its blanks (%s, %d) filled. An unknown key is an
// error, so that the test that draws every page finds it.
func (s Speech) T(key string, args ...any) (string, error) {
	text, ok := s.words[key][s.Lang]
	if !ok {
		return "", fmt.Errorf("pages: no word %q", key)
	}
	if len(args) == 0 {
		return text, nil
	}
	return fmt.Sprintf(text, args...), nil
}

// Say is T for code that writes outside a template; the key itself stands in
// for an unknown one.
func (s Speech) Say(key string, args ...any) string {
	text, err := s.T(key, args...)
	if err != nil {
		return key
	}
	return text
}

// HTMLLang is the value of the lang attribute.
func (s Speech) HTMLLang() string {
	if s.Lang == bot.Chinese {
		return "zh-CN"
	}
	return "en"
}

// Other is the language the switch leads to.
func (s Speech) Other() bot.Language {
	if s.Lang == bot.Chinese {
		return bot.English
	}
	return bot.Chinese
}

// Day is a calendar day in words: 2026年5月12日, 12 May 2026.
func (s Speech) Day(t time.Time) string {
	if t.IsZero() {
		return s.Say("date-unknown")
	}
	if s.Lang == bot.Chinese {
		return t.In(s.Zone).Format("2006年1月2日")
	}
	return t.In(s.Zone).Format("2 January 2006")
}

// DayOf is a printed date in words; partial dates stay as printed.
func (s Speech) DayOf(d bot.Date) string {
	t, ok := d.Time()
	switch {
	case d == "":
		return s.Say("date-unknown")
	case !ok:
		return string(d)
	case s.Lang == bot.Chinese:
		return t.Format("2006年1月2日")
	}
	return t.Format("2 January 2006")
}

// Clock is a time of day; with the day where it is not today.
func (s Speech) Clock(t, now time.Time) string {
	t, now = t.In(s.Zone), now.In(s.Zone)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	if s.Lang == bot.Chinese {
		return t.Format("1月2日 15:04")
	}
	return t.Format("2 Jan 15:04")
}

// Span is a length of time in words, coarse: minutes, hours, days.
func (s Speech) Span(d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Minute:
		return s.Say("span-now")
	case d < time.Hour:
		return s.Say("span-minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return s.Say("span-hours", int(d.Hours()), int(d.Minutes())%60)
	}
	return s.Say("span-days", int(d.Hours())/24)
}

// Stamp is a machine-readable time, for <time datetime>.
func (s Speech) Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
