package reception

import (
	"context"
	"strings"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
)

// topic answers a tap of the menu, or the same words typed.
func (v *visit) topic(ctx context.Context, m bot.TurnMessage, h heard) (bool, error) {
	switch {
	case h.topic == "my-report":
		return v.myReport(ctx, m)
	case h.topic == "examples":
		return true, v.say("ask-how", guard.NoticeSlots{})
	case h.topic == "family":
		return true, v.say("family", v.people())
	case h.topic == "privacy":
		return true, v.privacy(ctx)
	case h.topic == "bind":
		return true, v.bind()
	case h.topic == "unbind":
		return v.unbind(ctx, m)
	case h.topic == "withdraw":
		return true, v.withdraw(ctx)
	case h.topic == "continue":
		return true, v.goOn(ctx, m)
	case h.answer == "agree" && len(v.turn.Bindings) > 0:
		return v.advance(ctx, m, store.Pending{Step: store.StepConsent})
	case h.answer == "agree":
		return true, v.bind()
	}
	return false, nil
}

// myReport is a question about the latest report, once there is one that may be read.
func (v *visit) myReport(ctx context.Context, m bot.TurnMessage) (bool, error) {
	switch {
	case len(v.turn.Bindings) == 0:
		return true, v.bind()
	case !v.turn.Consented:
		return v.advance(ctx, m, store.Pending{Step: store.StepConsent})
	}
	m.Kind, m.Text = bot.MessageText, v.words.latest(v.language)
	v.questions = append(v.questions, m)
	return true, nil
}

// bind goes on with a binding that is on its way, or says how to begin one.
func (v *visit) bind() error {
	if v.beginning() {
		v.step = true
		return nil
	}
	return v.say("bind-how", guard.NoticeSlots{})
}

// privacy says what is kept, what was agreed to, and how to complain to a person.
func (v *visit) privacy(ctx context.Context) error {
	given, err := v.Store.Consents(ctx, v.turn.Conversation.Institution, v.turn.Conversation.Account)
	if err != nil {
		return err
	}
	var lines []string
	for i, line := range v.consent.lines(v.language) {
		if given[v.consent.Purposes[i].ID] {
			lines = append(lines, line)
		}
	}
	return v.say("privacy", guard.NoticeSlots{Lines: lines})
}

// withdraw ends all consents, for the rest of this turn too.
func (v *visit) withdraw(ctx context.Context) error {
	if err := v.Store.WithdrawAll(ctx, v.turn.Conversation.Institution, v.turn.Conversation.Account, v.now); err != nil {
		return err
	}
	v.turn.Consented, v.turn.ModelAgreed = false, false
	return v.say("consent-withdrawn", guard.NoticeSlots{})
}

// unbind asks whose binding is to end, when there are several, and for a confirmation.
func (v *visit) unbind(ctx context.Context, m bot.TurnMessage) (bool, error) {
	switch all := v.turn.Bindings; len(all) {
	case 0:
		return true, v.say("unbind-none", guard.NoticeSlots{})
	case 1:
		return v.advance(ctx, m, store.Pending{Step: store.StepConfirm, Patient: all[0].Patient, Relation: all[0].Relation})
	}
	return v.advance(ctx, m, store.Pending{Step: store.StepWhich})
}

// goOn says nothing when the message itself set waiting parts free.
func (v *visit) goOn(ctx context.Context, m bot.TurnMessage) error {
	resumed, err := v.Store.Resumed(ctx, v.turn.Conversation.Institution, v.turn.Conversation.ID, m.At)
	if err != nil || resumed {
		return err
	}
	return v.say("nothing-waits", guard.NoticeSlots{})
}

// chosen takes the number of a list of people, if that list is what the person was
// shown last: the list is compared as it stands now, so that a number never means
// somebody else. Asked whose report a question is about, it answers that question.
func (v *visit) chosen(ctx context.Context, m bot.TurnMessage, h heard) (bool, error) {
	if h.number == 0 || h.number > len(v.turn.Bindings) {
		return false, nil
	}
	shown, before := v.shownLast()
	whose, err := v.showed(shown, "whose-report", guard.NoticeSlots{People: v.turn.Bindings})
	if err != nil {
		return false, err
	}
	family := false
	// Whoever was the current one then: this message may have changed it already.
	for _, b := range append([]bot.Binding{{}}, v.turn.Bindings...) {
		listed, err := v.showed(shown, "family", guard.NoticeSlots{People: v.turn.Bindings, Current: b.Patient})
		if err != nil {
			return false, err
		}
		family = family || listed
	}
	if !whose && !family {
		return false, nil
	}
	patient := v.turn.Bindings[h.number-1].Patient
	if err := v.Store.ChoosePatient(ctx, v.turn.Conversation.Institution, v.turn.Conversation.ID, patient, v.now); err != nil {
		return false, err
	}
	v.turn.Conversation.Patient, v.turn.Chosen = patient, patient
	if family || len(before) == 0 {
		return true, v.say("person-chosen", v.people())
	}
	for _, text := range before {
		if v.words.hear(text.Plain()).topic == "my-report" {
			text = v.words.latest(v.language)
		}
		v.questions = append(v.questions, bot.TurnMessage{Seq: m.Seq, Kind: bot.MessageText, Text: text, At: m.At})
	}
	return true, nil
}

// shownLast is what the person was shown last, and what they had written before it.
func (v *visit) shownLast() (shown string, before []bot.Text) {
	for i := len(v.turn.Recent) - 1; i >= 0; i-- {
		m := v.turn.Recent[i]
		switch {
		case m.Author != bot.AuthorPatient && shown == "":
			shown = m.Text.Plain()
		case m.Author != bot.AuthorPatient:
			return shown, before
		case shown != "":
			before = append([]bot.Text{m.Text}, before...)
		}
	}
	return shown, before
}

// showed reports whether a text shown holds a notice as it reads now, in either language.
func (v *visit) showed(shown, notice string, slots guard.NoticeSlots) (bool, error) {
	for _, language := range []bot.Language{bot.Chinese, bot.English} {
		text, err := v.Guard.Notice(notice, language, slots)
		if err != nil {
			return false, err
		}
		if strings.Contains(shown, text.Plain()) {
			return true, nil
		}
	}
	return false, nil
}
