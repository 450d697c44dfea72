package console

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"careline/bot"
	"careline/bot/pages"
	"careline/bot/store"
)

// shownAtOnce is how many messages of a conversation a page shows.
const shownAtOnce = 500

// found is a case with what its page is drawn from.
type found struct {
	bot.Case
	staff    map[bot.StaffID]bot.Staff
	patient  bot.Patient
	messages []bot.Message
	besides  map[bot.MessageID]store.Attachment
	unsent   []store.Unsent
}

func (s *Site) caseOf(r *http.Request, v *visit) (bot.Case, error) {
	n, err := strconv.ParseInt(r.PathValue("case"), 10, 64)
	if err != nil {
		return bot.Case{}, bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "console: not a case number")
	}
	return s.Store.Case(r.Context(), v.Institution.ID, v.actor(), bot.CaseID(n), v.now)
}

func (v *visit) actor() bot.Actor { return bot.Actor{Kind: "staff", ID: int64(v.Me.ID)} }

func (s *Site) find(r *http.Request, v *visit) (f found, err error) {
	ctx, inst := r.Context(), v.Institution.ID
	if f.Case, err = s.caseOf(r, v); err != nil {
		return f, err
	}
	if f.staff, err = s.Store.StaffNames(ctx, inst); err != nil {
		return f, err
	}
	if f.Patient != 0 {
		if f.patient, err = s.Store.Patient(ctx, inst, v.actor(), f.Patient, v.now); err != nil {
			return f, err
		}
	}
	if f.Conversation == 0 {
		return f, nil
	}
	line, err := s.Store.Timeline(ctx, inst, f.Conversation, 0, shownAtOnce)
	if err != nil {
		return f, err
	}
	f.messages = line.Messages
	if f.besides, err = s.Store.BesidesText(ctx, inst, f.Conversation); err != nil {
		return f, err
	}
	f.unsent, err = s.Store.Unsent(ctx, inst, f.Conversation)
	return f, err
}

// one is the page of a case: why, the conversation, the results, what to do.
func (s *Site) one(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.drawCase(w, r, v, http.StatusOK, func(p *casePage) {
		if r.URL.Query().Get("did") == "claim" {
			p.Notice = v.Say("claimed")
		}
	})
}

// drawCase draws the page with what a handler has to say on it.
func (s *Site) drawCase(w http.ResponseWriter, r *http.Request, v *visit, status int, add func(*casePage)) error {
	f, err := s.find(r, v)
	if err != nil {
		return err
	}
	page := casePage{
		frame: v.frame, Case: s.caseView(v, f.Case, f.staff), Words: trigger(f.Case), HasConversation: f.Conversation != 0, HasPatient: f.Patient != 0,
		MayAct: v.acts() && f.ClosedAt.IsZero(), ReplyKey: uuid.NewString(), Outcomes: outcomeViews(v.Speech),
		Closed: closedAs(v.Speech, f.Case),
	}
	page.Case.Who = who(v.Speech, f.Case, f.patient, v.Institution, v.now)
	v.Title = page.Case.Who
	page.Title = v.Title
	for _, m := range f.messages {
		page.Messages = append(page.Messages, s.line(v, f.Case, m, f.staff).with(v, m, f.besides))
		page.Last = m.Number
	}
	for _, u := range f.unsent {
		page.Unsent = append(page.Unsent, s.unsentLine(v, f.Case, u, f.staff))
	}
	if page.Reports, page.Result, err = s.results(r.Context(), v, f.Case); err != nil {
		return err
	}
	if page.Changes, err = s.changes(r.Context(), v, f.Case); err != nil {
		return err
	}
	if add != nil {
		add(&page)
	}
	s.draw(w, r, "case-page", status, page)
	return nil
}

// acts reports whether the signed-in role may do more than read.
func (v *visit) acts() bool { return v.Me.role != bot.RoleAuditor }

// who is the person without a name: sex and age say enough to begin.
func who(s pages.Speech, k bot.Case, p bot.Patient, inst bot.Institution, now time.Time) string {
	if k.Patient == 0 {
		return s.Say("patient-unknown")
	}
	text := s.Say("sex-" + string(p.Sex))
	if years, ok := p.BirthDate.AgeAt(now.In(inst.Location())); ok {
		text = s.Say("case-of", text, s.Say("age-years", years))
	}
	if p.Pregnant {
		text = s.Say("case-of", text, s.Say("pregnant"))
	}
	return text
}

// trigger are the patient's words with those that set the level marked.
func trigger(k bot.Case) *span {
	text := k.Words.Plain()
	if text == "" {
		return nil
	}
	from, to := k.Trigger.Start, k.Trigger.End
	if from < 0 || to > len(text) || from >= to || !utf8.ValidString(text[:from]) || !utf8.ValidString(text[from:to]) {
		return &span{Before: text}
	}
	return &span{text[:from], text[from:to], text[to:]}
}

func outcomeWord(s pages.Speech, id string) string {
	if text, err := s.T("outcome-" + id); err == nil {
		return text
	}
	return id
}

func (s *Site) line(v *visit, k bot.Case, m bot.Message, staff map[bot.StaffID]bot.Staff) line {
	l := line{
		Speech: v.Speech, Path: v.Path, Case: k.ID, Number: m.Number, ID: m.ID, Author: m.Author, Who: v.Say("author-" + string(m.Author)),
		AI: m.AI, Automatic: m.Author == bot.AuthorSystem, Text: m.Text.Plain(), At: m.At, Time: v.Clock(m.At, v.now),
		Delivery: m.Delivery, Evidence: m.Decision != 0 && m.Author != bot.AuthorStaff,
	}
	if p, ok := staff[m.Staff]; ok && m.Author == bot.AuthorStaff {
		l.Who = p.Name.Plain() + " · " + v.Say("role-"+string(p.Role))
	}
	if m.Delivery != "" {
		l.DeliveryWord = v.Say("delivery-" + string(m.Delivery))
	}
	return l
}

// with adds what came besides text in the message.
func (l line) with(v *visit, m bot.Message, besides map[bot.MessageID]store.Attachment) line {
	if a, ok := besides[m.ID]; ok && m.Author == bot.AuthorPatient {
		l.Attachment = attachmentOf(v, a)
	}
	return l
}

// unsentLine is a part the patient does not see.
func (s *Site) unsentLine(v *visit, k bot.Case, u store.Unsent, staff map[bot.StaffID]bot.Staff) line {
	l := s.line(v, k, bot.Message{ID: u.ID, Author: u.Author, Staff: u.Staff, Text: u.Text, At: u.At, Delivery: u.State, Decision: u.Decision}, staff)
	l.Suppressed = true
	return l
}

// caseStream sends new messages, what was not sent, and what may be done now.
func (s *Site) caseStream(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := s.caseOf(r, v)
	if err != nil {
		return err
	}
	wake, stop := s.Watch(v.Institution.ID, k.Conversation)
	defer stop()
	events := pages.NewEvents(w)
	open := &openCase{Site: s, visit: v, events: events, k: k}
	open.after, _ = strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	return s.live(r, wake, events, open.look)
}

// openCase is what one open page of a case has been shown.
type openCase struct {
	*Site
	*visit
	events       *pages.Events
	k            bot.Case
	after        int64
	acts, unsent string
}

func (o *openCase) look(ctx context.Context) error {
	o.now = o.Now()
	if err := o.reread(ctx); err != nil {
		return err
	}
	staff, err := o.Store.StaffNames(ctx, o.Institution.ID)
	if err != nil {
		return err
	}
	page := casePage{frame: o.frame, Outcomes: outcomeViews(o.Speech), Case: o.caseView(o.visit, o.k, staff), HasConversation: o.k.Conversation != 0}
	page.MayAct, page.Closed = o.mayAct(), closedAs(o.Speech, o.k)
	if page.HasConversation {
		if err := o.sendLines(ctx, staff); err != nil {
			return err
		}
		parts, err := o.Store.Unsent(ctx, o.Institution.ID, o.k.Conversation)
		if err != nil {
			return err
		}
		for _, u := range parts {
			page.Unsent = append(page.Unsent, o.unsentLine(o.visit, o.k, u, staff))
		}
	}
	if err := o.sendChanged(o.events, "unsent", "unsent", page, &o.unsent); err != nil {
		return err
	}
	return o.sendChanged(o.events, "acts", "acts", page, &o.acts)
}

// reread takes the case from the list of open ones, which records no view: the
// page was opened once. A case that left the list has been closed.
func (o *openCase) reread(ctx context.Context) error {
	if !o.k.ClosedAt.IsZero() {
		return nil
	}
	open, err := o.Store.Cases(ctx, o.Institution.ID, false)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(open, func(k bot.Case) bool { return k.ID == o.k.ID }); i >= 0 {
		o.k = open[i]
		return nil
	}
	o.k, err = o.Store.Case(ctx, o.Institution.ID, o.actor(), o.k.ID, o.now)
	return err
}

func (o *openCase) mayAct() bool { return o.visit.acts() && o.k.ClosedAt.IsZero() }

func (o *openCase) sendLines(ctx context.Context, staff map[bot.StaffID]bot.Staff) error {
	// From the newest on: a page that never had a message begins with number 1.
	talk, err := o.Store.Timeline(ctx, o.Institution.ID, o.k.Conversation, max(o.after, 0), shownAtOnce)
	if err != nil {
		return err
	}
	besides := map[bot.MessageID]store.Attachment{}
	if len(talk.Messages) > 0 {
		if besides, err = o.Store.BesidesText(ctx, o.Institution.ID, o.k.Conversation); err != nil {
			return err
		}
	}
	for _, m := range talk.Messages {
		var html bytes.Buffer
		if err := o.templates.ExecuteTemplate(&html, "line", o.line(o.visit, o.k, m, staff).with(o.visit, m, besides)); err != nil {
			return err
		}
		if err := o.events.Send("line", m.Number, html.String()); err != nil {
			return err
		}
		o.after = m.Number
	}
	return nil
}

// closedAs says how a case ended, "" while it is open.
func closedAs(s pages.Speech, k bot.Case) string {
	if k.ClosedAt.IsZero() {
		return ""
	}
	return s.Say("closed-as", outcomeWord(s, k.Outcome))
}
