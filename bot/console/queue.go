package console

import (
	"bytes"
	"context"
	"net/http"
	"time"
	"unicode/utf8"

	"careline/bot"
	"careline/bot/pages"
)

const (
	// beatEvery keeps proxies from closing a quiet stream.
	beatEvery = 15 * time.Second
	// lookEvery is how often the pages look without a signal: clocks move, and a
	// lost signal may delay a case, never hide it.
	lookEvery = 10 * time.Second
	// streamFor is longer than a session may be idle: an open page whose stream
	// must be admitted again does not keep its session alive for ever.
	streamFor = 16 * time.Minute
)

// queue lists who waits, the most urgent and longest waiting first.
func (s *Site) queue(w http.ResponseWriter, r *http.Request, v *visit) error {
	v.Title = v.Say("cases")
	page, err := s.queuePage(r.Context(), v)
	if err != nil {
		return err
	}
	s.draw(w, r, "queue-page", http.StatusOK, page)
	return nil
}

func (s *Site) queuePage(ctx context.Context, v *visit) (queuePage, error) {
	page := queuePage{frame: v.frame}
	cases, err := s.Store.Cases(ctx, v.Institution.ID, false)
	if err != nil {
		return page, err
	}
	staff, err := s.Store.StaffNames(ctx, v.Institution.ID)
	if err != nil {
		return page, err
	}
	for _, k := range cases {
		page.Cases = append(page.Cases, s.caseView(v, k, staff))
	}
	return page, nil
}

// caseView says level, reason, owner and clock in words.
func (s *Site) caseView(v *visit, k bot.Case, staff map[bot.StaffID]bot.Staff) caseView {
	c := caseView{
		ID: k.ID, Level: k.Level, LevelWord: v.Say("level-" + k.Level.String()), Who: v.Say("case-number", k.ID),
		Reason: reason(v.Speech, k), Quote: short(k.Words.Plain()), Rule: k.Trigger.Rule, Term: k.Trigger.Term,
		Mine: k.Owner.Staff == v.Me.ID, Taken: !k.Owner.Bot(), Owner: v.Say("owner-none"),
		Due: k.DueAt, Waiting: v.Say("waiting-for", v.Span(v.now.Sub(k.OpenedAt))),
	}
	switch {
	case c.Mine:
		c.Owner = v.Say("owner-me")
	case c.Taken:
		c.OwnerName = staff[k.Owner.Staff].Name.Plain()
		c.Owner = v.Say("owner-other", c.OwnerName)
	}
	switch left := k.DueAt.Sub(v.now); {
	case !k.FirstReplyAt.IsZero():
		c.Clock = v.Say("replied")
	case left < 0:
		c.Clock, c.Overdue = v.Say("overdue", v.Span(left)), true
	default:
		c.Clock = v.Say("due-in", v.Span(left))
	}
	return c
}

// reason is the rule that opened the case, in words where we have them.
func reason(s pages.Speech, k bot.Case) string {
	if text, err := s.T("rule-" + k.Trigger.Rule); err == nil {
		return text
	}
	return s.Say("rule-other", k.Trigger.Rule)
}

// short is the beginning of a text that fits a line of the list.
func short(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// queueStream sends the list whenever it has changed.
func (s *Site) queueStream(w http.ResponseWriter, r *http.Request, v *visit) error {
	wake, stop := s.Watch(v.Institution.ID, 0)
	defer stop()
	events := pages.NewEvents(w)
	shown := ""
	return s.live(r, wake, events, func(ctx context.Context) error {
		v.now = s.Now()
		page, err := s.queuePage(ctx, v)
		if err != nil {
			return err
		}
		return s.sendChanged(events, "queue", "queue", page, &shown)
	})
}

// sendChanged draws a template and sends it when it differs from what was shown.
func (s *Site) sendChanged(events *pages.Events, event, template string, data any, shown *string) error {
	var html bytes.Buffer
	if err := s.templates.ExecuteTemplate(&html, template, data); err != nil {
		return err
	}
	if html.String() == *shown {
		return nil
	}
	*shown = html.String()
	return events.Send(event, 0, *shown)
}

// live calls look at once, at each signal and every lookEvery, until the browser
// is gone or look fails; the page comes back by itself.
func (s *Site) live(r *http.Request, wake <-chan struct{}, events *pages.Events, look func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(r.Context(), streamFor)
	defer cancel()
	tick, beat := time.NewTicker(lookEvery), time.NewTicker(beatEvery)
	defer tick.Stop()
	defer beat.Stop()
	for {
		if look(ctx) != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if events.Beat() != nil {
				return nil
			}
		case <-tick.C:
		case <-wake:
		}
	}
}
