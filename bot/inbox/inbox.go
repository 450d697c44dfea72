// Package inbox takes a patient's message in: it triages it without a model,
// then stores it in one transaction.
package inbox

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
)

// MaxText is the longest message that is stored, in characters. Longer ones are
// refused with a sentence, after triage has read them whole.
const MaxText = 10_000

// Receiver is the one way in for every channel.
type Receiver struct {
	Store *store.Store
	Guard *guard.Guard
	// Stated finds the values a person writes ("potassium 7.1").
	Stated func(bot.Text) []bot.Fact
	// Critical is an institution's critical table.
	Critical func(context.Context, bot.InstitutionID) ([]bot.Critical, error)
}

// Receive triages and stores one message. After it returns without error the
// message is safe, and at emergency or crisis the reviewed text is on its way.
// Nothing stands before triage: not consent, binding or limits.
func (r *Receiver) Receive(ctx context.Context, in bot.Inbound, now time.Time) (store.Received, error) {
	in.Text = storable(in.Text)
	if strings.TrimSpace(in.Text.Plain()) == "" && in.Kind == bot.MessageText {
		return store.Received{}, bot.Errorf(bot.KindInvalid, "消息是空的，请写下您的问题。 The message is empty; please write your question.", "inbox: empty message")
	}
	spoken := language(in.Text)
	trigger, facts, err := r.triage(ctx, in, spoken, now)
	if err != nil {
		return store.Received{}, err
	}
	var urgent []bot.Text
	if trigger.Level.Urgent() {
		if urgent, err = r.urgent(ctx, in, trigger, facts, spoken, now); err != nil {
			return store.Received{}, err
		}
	} else if utf8.RuneCountInString(in.Text.Plain()) > MaxText {
		return store.Received{}, bot.Errorf(bot.KindInvalid,
			"消息太长了，请分成几条发。 The message is too long; please send it in parts.", "inbox: message of more than %d characters", MaxText)
	}
	return r.Store.Receive(ctx, in, trigger, urgent, now)
}

// storable is the text as the database takes it: a channel's bytes may be no text.
func storable(text bot.Text) bot.Text {
	return bot.T(strings.ReplaceAll(strings.ToValidUTF8(text.Plain(), "\ufffd"), "\x00", ""))
}

// said is what triage reads: the patient's own words. A button, the title of a
// page somebody else wrote and the name of a place are not.
func said(in bot.Inbound) bot.Text {
	switch in.Kind {
	case bot.MessageText, bot.MessageImage, bot.MessageVoice, bot.MessageVideo, bot.MessageOther:
		return in.Text
	}
	return bot.Text{}
}

// triage judges a message on its own words and on the values stated in them.
func (r *Receiver) triage(ctx context.Context, in bot.Inbound, spoken bot.Language, now time.Time) (bot.Trigger, []bot.Fact, error) {
	table, err := r.Critical(ctx, in.Institution)
	if err != nil {
		return bot.Trigger{}, nil, err
	}
	words := said(in)
	facts := r.Stated(words)
	for i := range facts {
		facts[i].At = now
		facts[i].Critical = guard.Meets(facts[i], table, now)
	}
	return r.Guard.Triage(guard.TriageInput{
		Messages: []bot.TurnMessage{{Kind: in.Kind, Text: words, At: now}}, Facts: facts, Now: now, Language: spoken,
	}), facts, nil
}

// urgent is the reviewed text that goes out in the message's own transaction.
func (r *Receiver) urgent(ctx context.Context, in bot.Inbound, t bot.Trigger, facts []bot.Fact, spoken bot.Language, now time.Time) ([]bot.Text, error) {
	id := "emergency"
	switch {
	case t.Level == bot.LevelCrisis:
		id = "crisis"
	case t.Rule == "critical":
		id = "critical"
	}
	onShift, err := r.Store.OnShift(ctx, in.Institution, now)
	if err != nil {
		return nil, err
	}
	slots := guard.SafetySlots{OnShift: onShift, CaseCommitted: true, Family: t.Term}
	for _, f := range facts {
		if f.Critical != nil {
			slots.Facts = append(slots.Facts, f)
		}
	}
	text, err := r.Guard.Safety(id, spoken, slots)
	if err != nil {
		return nil, err
	}
	return []bot.Text{text}, nil
}

// language of a message: Chinese as soon as a Han character stands in it, or no
// letter at all.
func language(text bot.Text) bot.Language {
	english := false
	for _, r := range text.Plain() {
		if r >= 0x3400 && r <= 0x9fff {
			return bot.Chinese
		}
		english = english || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if english {
		return bot.English
	}
	return bot.Chinese
}
