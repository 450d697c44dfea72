package reception

import (
	"context"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
)

// followed welcomes; somebody who comes back finds what was bound before. With a
// code in the QR the binding goes on at once.
func (v *visit) followed() error {
	v.step = v.step || v.beginning()
	if len(v.turn.Bindings) > 0 {
		return v.say("welcome-back", v.people())
	}
	return v.say("welcome", guard.NoticeSlots{Follows: v.step})
}

// scanned goes on with the binding whose code the QR carried; another QR of ours
// says how to bind.
func (v *visit) scanned() error {
	if v.beginning() {
		v.step = true
		return nil
	}
	return v.say("bind-how", guard.NoticeSlots{})
}

// beginning reports whether a binding is on its way.
func (v *visit) beginning() bool {
	switch v.pending.Step {
	case store.StepRelation, store.StepFactor, store.StepRefused, store.StepBlocked, store.StepConsent:
		return v.open()
	}
	return false
}

// code begins the binding of a code that was typed instead of scanned. Eight
// letters that are no code of ours are a word.
func (v *visit) code(ctx context.Context, m bot.TurnMessage, h heard) (bool, error) {
	if h.code == "" {
		return false, nil
	}
	id := v.turn.Conversation.Institution
	known, err := v.Store.KnownCode(ctx, id, h.code, v.now)
	if err != nil || !known && !h.called {
		return false, err
	}
	if err := v.Store.BeginBinding(ctx, id, v.turn.Conversation.Account, h.code, m.Seq, v.now); err != nil {
		return false, err
	}
	return v.took(v.Store.Pending(ctx, id, v.turn.Conversation.Account))
}

// proxy takes a patient's answer to somebody who wants to read their results.
func (v *visit) proxy(ctx context.Context, m bot.TurnMessage, h heard) (bool, error) {
	var agreed bool
	switch h.answer {
	case "agree", "proxy-agree":
		agreed = true
	case "disagree", "proxy-disagree":
	default:
		return false, nil
	}
	answer, asked, err := v.Store.AnswerProxy(ctx, v.turn.Conversation, agreed, m.Seq, v.now)
	if err != nil || !asked {
		return false, err
	}
	notice := "proxy-refused"
	if answer.Agreed {
		notice = "proxy-allowed"
	}
	return true, v.say(notice, guard.NoticeSlots{Relations: []bot.Relation{answer.Relation}})
}
