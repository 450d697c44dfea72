package wechattest

import (
	"time"

	"careline/bot"
	"careline/bot/pages"
)

// screen is all that the page shows at one moment.
type screen struct {
	pages.Speech
	Name    string // of the account
	Me      role
	People  []role
	Typing  bool
	Bubbles []bubble
	Menu    []Button
	Quotas  []quota
	Now     time.Time
	Faults  int
	Log     []Logged
	Tricks  []trick
}

// role is somebody who can be played.
type role struct {
	OpenID, Name string
	Follows      bool
}

// Initial stands for a picture of the person.
func (r role) Initial() string {
	for _, letter := range r.Name {
		return string(letter)
	}
	return ""
}

type bubble struct {
	Message
	Mine  bool
	Clock string // above the bubble, "" where the one before is near
	Fresh bool   // its picture can still be shown
}

// drawn is a bubble with the screen it is on, as its template needs both.
type drawn struct {
	B bubble
	S screen
}

func draw(b bubble, s screen) drawn { return drawn{b, s} }

// quota is what may still be sent after one opening.
type quota struct {
	Word     string
	Left, Of int
	Open     bool
	For      time.Duration
}

const nearby = 5 * time.Minute // bubbles this close share one clock

func (f *phone) look(openid string, lang bot.Language) screen {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	s := screen{Speech: f.words.In(lang, time.Local), Name: f.name, Menu: f.menu.Buttons, Now: now, Faults: f.twice, Tricks: tricks}
	for _, id := range f.order {
		s.People = append(s.People, role{id, f.people[id].name, f.people[id].follows})
	}
	for _, fault := range f.faults {
		s.Faults += max(fault.Times, 1)
	}
	for i := len(f.recent) - 1; i >= 0; i-- {
		s.Log = append(s.Log, f.recent[i])
	}
	if who := f.people[openid]; who != nil {
		s.Me = role{openid, who.name, who.follows}
		s.Typing = now.Before(who.typingUntil)
		s.Quotas = []quota{who.wrote.quota("quota-wrote", writing, now), who.tapped.quota("quota-tapped", tapping, now)}
		s.Bubbles = f.bubbles(who, s.Speech)
	}
	return s
}

func (f *phone) bubbles(who *person, speech pages.Speech) (all []bubble) {
	var before time.Time
	for _, m := range who.messages {
		b := bubble{Message: m, Mine: m.By == ByPerson, Fresh: f.fresh(m.Media)}
		if m.At.Sub(before) >= nearby {
			b.Clock = speech.Clock(m.At, f.now())
		}
		before = m.At
		all = append(all, b)
	}
	return all
}

func (w window) quota(word string, o opening, now time.Time) quota {
	return quota{Word: word, Left: w.left(now), Of: o.messages, Open: w.open(now), For: w.opened.Add(w.lasts).Sub(now)}
}

// Span is how long a window stays open, in words.
func (s screen) Span(d time.Duration) string {
	switch {
	case d <= 2*time.Minute:
		return s.Say("seconds", int(d.Round(time.Second)/time.Second))
	case d <= 2*time.Hour:
		return s.Say("minutes", int(d/time.Minute))
	}
	return s.Say("hours", int(d/time.Hour))
}
