package jobs_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"
	"unicode/utf8"

	"careline/bot"
	"careline/channels"
)

// sky is a channel that enforces the official account's windows as it sees them,
// and fails now and then.
type sky struct {
	random  *rand.Rand
	now     func() time.Time
	people  map[string]*person
	faulty  bool
	arrived map[int64]int  // how often each part came
	order   map[int64]int  // when each part came first
	doubts  map[int64]bool // parts whose sender cannot know
	clock   int
	faults  int
	over    int // sends that no window had room for
	kept    int // reserves that were not kept
	broken  int // parts that are too long or no text
}

// person is somebody with a phone.
type person struct {
	name         string
	late         bool // the channel's callbacks come late, with times of whole seconds
	exact        bool // callbacks come at once, and nothing but messages: our count is the channel's
	doubted      bool // a send to them was in doubt: our count is above the channel's
	n, replies   int
	conversation bot.ConversationID
	windows      map[bot.Opening]*simulated
}

type simulated struct {
	closes time.Time
	size   int
	used   int
	others int // of these, not about a danger
	ours   int // of these, the assistant's and notices
}

var skyWindows = []bot.Window{
	{Opening: bot.OpenedByWriting, For: 48 * time.Hour, Messages: 5, ForStaff: 2, ForSafety: 1},
	{Opening: bot.OpenedByTapping, For: time.Minute, Messages: 3, ForStaff: 1, ForSafety: 1},
}

func (p *person) opens(opening bot.Opening, at time.Time) {
	for _, w := range skyWindows {
		if w.Opening == opening {
			p.windows[opening] = &simulated{closes: at.Add(w.For), size: w.Messages}
		}
	}
}

// room is how many messages the channel would take at a time: of staff, or about
// a danger, for which one is kept.
func (p *person) room(at time.Time, urgent bool) (n int) {
	for _, w := range p.windows {
		switch left := w.size - w.used; {
		case !w.closes.After(at):
		case urgent:
			n += left
		default:
			n += max(0, left-1)
		}
	}
	return n
}

// spend takes a place in the window that closes first; kept is whether it left
// what is reserved for others.
func (p *person) spend(at time.Time, out bot.Outbound) (taken, kept bool) {
	var first *simulated
	for _, w := range p.windows {
		if w.closes.After(at) && w.used < w.size && (first == nil || w.closes.Before(first.closes)) {
			first = w
		}
	}
	if first == nil {
		return false, true
	}
	first.used++
	if out.Urgent || !p.exact {
		return true, true
	}
	first.others++
	if out.Author != bot.AuthorStaff {
		first.ours++
	}
	return true, first.ours <= 2 && first.others <= 4
}

func (s *sky) Name() string { return "wechat" }
func (s *sky) Limits() channels.Limits {
	return channels.Limits{TextBytes: 1900, Parts: 2, Windows: skyWindows, Pace: 500 * time.Millisecond}
}

// Send fails in every way there is, and delivers otherwise.
func (s *sky) Send(_ context.Context, out bot.Outbound) error {
	if !s.faulty {
		return s.arrive(out)
	}
	err := errors.New("simulated")
	switch n := s.random.IntN(100); {
	case n < 6:
		s.faults++
		return &channels.SendError{Kind: channels.Retry, Err: err}
	case n < 8:
		s.faults++
		return &channels.SendError{Kind: channels.Later, After: 30 * time.Second, Err: err}
	case n < 10:
		s.doubt(&out)
		return &channels.SendError{Kind: channels.Unknown, Err: err}
	case n < 12:
		s.doubt(&out)
		_ = s.arrive(out)
		return err
	}
	return s.arrive(out)
}

// doubt notes that a part may have come or not.
func (s *sky) doubt(out *bot.Outbound) {
	if s.doubts == nil {
		s.doubts = map[int64]bool{}
	}
	s.faults++
	s.doubts[int64(out.ID)] = true
	s.people[out.ExternalID.Plain()].doubted = true
}

// arrive is what the channel does with a message.
func (s *sky) arrive(out bot.Outbound) error {
	text := out.Text.Plain()
	if len(text) > s.Limits().TextBytes || !utf8.ValidString(text) || text == "" {
		s.broken++
		return &channels.SendError{Kind: channels.Never, Err: errors.New("45002")}
	}
	taken, kept := s.people[out.ExternalID.Plain()].spend(s.now(), out)
	if !taken {
		s.over++
		return &channels.SendError{Kind: channels.Hold, Err: errors.New("45047")}
	}
	if !kept {
		s.kept++
	}
	if s.arrived == nil {
		s.arrived, s.order = map[int64]int{}, map[int64]int{}
	}
	s.clock++
	s.arrived[int64(out.ID)]++
	if s.order[int64(out.ID)] == 0 {
		s.order[int64(out.ID)] = s.clock
	}
	return nil
}

// Decide answers with prose; to a "好" there is nothing to say.
func (w *town) Decide(_ context.Context, t *bot.Turn, now time.Time) (bot.Decision, error) {
	d := bot.Decision{Kind: bot.AnswerExplain, Author: bot.AuthorAssistant, Language: bot.Chinese, Verdict: bot.VerdictComposed, DecidedAt: now}
	if !slices.ContainsFunc(t.Messages, func(m bot.TurnMessage) bool { return m.Text.Plain() != "好" }) {
		return d, nil
	}
	text := prose(w.random, "A"+t.Messages[0].Text.Plain())
	w.texts[text] = true
	d.Parts, d.Released = []bot.Text{bot.T(text)}, []bot.Hash{bot.HashOf(bot.T(text))}
	return d, nil
}
