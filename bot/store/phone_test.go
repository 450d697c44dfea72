package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// wechat is a channel with the official account's windows; of five messages two
// are kept for staff and one for safety, of three one each.
var wechat = store.Sender{Channel: "wechat", Windows: []bot.Window{
	{Opening: bot.OpenedByWriting, For: 48 * time.Hour, Messages: 5, ForStaff: 2, ForSafety: 1},
	{Opening: bot.OpenedByTapping, For: time.Minute, Messages: 3, ForStaff: 1, ForSafety: 1},
}}

// phone is a patient's phone in that channel, and its clock.
type phone struct {
	hospital
	t  *testing.T
	at time.Time
	n  int
	c  bot.Conversation
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	h := newHospital(t)
	h.Channels = map[string]store.Channel{"wechat": {Windows: wechat.Windows}}
	return &phone{hospital: h, t: t, at: storetest.Now}
}

func (p *phone) gets(in bot.Inbound, trigger bot.Trigger, urgent ...bot.Text) store.Received {
	p.t.Helper()
	p.n++
	in.Institution, in.Channel, in.ExternalID = storetest.Hospital, "wechat", bot.T("anna")
	if in.ProviderID == "" {
		in.ProviderID = fmt.Sprint("m", p.n)
	}
	r, err := p.Receive(p.t.Context(), in, trigger, urgent, p.at)
	if err != nil {
		p.t.Fatal(err)
	}
	p.c = r.Conversation
	return r
}

func (p *phone) writes(text string) store.Received {
	p.t.Helper()
	return p.gets(bot.Inbound{Kind: bot.MessageText, Text: bot.T(text), Opens: bot.OpenedByWriting}, bot.Trigger{})
}

func (p *phone) does(kind string) store.Received {
	p.t.Helper()
	opens := bot.OpenedByTapping
	if kind == bot.MessageUnfollow {
		opens = ""
	}
	return p.gets(bot.Inbound{Kind: kind, Opens: opens}, bot.Trigger{})
}

func (p *phone) inDanger() store.Received {
	p.t.Helper()
	return p.gets(bot.Inbound{Kind: bot.MessageText, Text: bot.T("胸口疼"), Opens: bot.OpenedByWriting},
		bot.Trigger{Level: bot.LevelEmergency, Rule: "T0"}, bot.T("请现在打120"))
}

// answered puts the parts of an answer into the outbox.
func (p *phone) answered(parts ...string) {
	p.t.Helper()
	d := explain("")
	d.Parts, d.Released = nil, nil
	for _, part := range parts {
		d.Parts, d.Released = append(d.Parts, bot.T(part)), append(d.Released, bot.HashOf(bot.T(part)))
	}
	turn := claim(p.t, p.Store, p.at.Add(10*time.Second))
	if turn == nil {
		p.t.Fatal("no turn is due")
	}
	if _, err := p.Finish(p.t.Context(), turn, d, p.at); err != nil {
		p.t.Fatal(err)
	}
}

func (p *phone) staffReplies(staff bot.Staff, texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if err := p.Reply(p.t.Context(), storetest.Hospital, p.c.ID, staff, bot.T(text), text, 1000, bot.Text{}, p.at); err != nil {
			p.t.Fatal(err)
		}
	}
}

// claims takes the next part that may be sent, if there is one.
func (p *phone) claims() *bot.Outbound {
	p.t.Helper()
	out, err := p.ClaimSend(p.t.Context(), []store.Sender{wechat}, "sender", p.at, lease)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// shows is what arrives now, in order.
func (p *phone) shows(want ...string) {
	p.t.Helper()
	var got []string
	for out := p.claims(); out != nil; out = p.claims() {
		got = append(got, out.Text.Plain())
		if err := p.Sent(p.t.Context(), out, p.at); err != nil {
			p.t.Fatal(err)
		}
	}
	if !slices.Equal(got, want) {
		p.t.Errorf("the phone shows %q, want %q", got, want)
	}
}

// cases are the open cases' rules with their last event's.
func (p *phone) cases() string {
	p.t.Helper()
	return strings.Join(lines(p.t, p.t, p.db, `select k.level || ' ' || k.rule || ' ' || (select e.rule from case_events e where e.case_id = k.id order by e.id desc limit 1) from cases k where closed_at is null`), ", ")
}
