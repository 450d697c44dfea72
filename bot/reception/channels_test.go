package reception_test

import (
	"context"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/reception"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// asked keeps the turns that reach the engine.
type asked struct{ turns []*bot.Turn }

func (a *asked) Decide(_ context.Context, t *bot.Turn, now time.Time) (bot.Decision, error) {
	a.turns = append(a.turns, t)
	return bot.Decision{Kind: bot.AnswerSilent, DecidedAt: now}, nil
}

// TestChannelsWithPagesPassThroughButForAPatientsAnswer: what a page settles is none
// of the desk's business; a request was put to the patient in the chat.
func TestChannelsWithPagesPassThroughButForAPatientsAnswer(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	var next asked
	desk, err := reception.New(reception.Config{Store: s, Guard: g, Next: &next, Channels: []string{channel}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Account(t.Context(), storetest.Hospital, "webchat", bot.T("visitor"), bot.Chinese, storetest.Now)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"解绑", "我的报告", "同意", "不同意绑定", "123456", "转氨酶高吗"} {
		turn := &bot.Turn{Conversation: c, Messages: []bot.TurnMessage{{Seq: int64(i + 1), Kind: bot.MessageText, Text: bot.T(text)}}}
		if _, err := desk.Decide(t.Context(), turn, storetest.Now); err != nil {
			t.Fatal(err)
		}
		if len(next.turns) != i+1 || next.turns[i] != turn || turn.ChatOnly {
			t.Errorf("%q did not pass through", text)
		}
	}
	if p, err := s.Pending(t.Context(), storetest.Hospital, c.Account); err != nil || p.Step != "" {
		t.Errorf("at step %q, %v", p.Step, err)
	}
}

// TestAPersonsConversationIsNoneOfTheDesks: whoever answers there sees every message.
func TestAPersonsConversationIsNoneOfTheDesks(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	var next asked
	desk, err := reception.New(reception.Config{Store: s, Guard: g, Next: &next, Channels: []string{channel}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Account(t.Context(), storetest.Hospital, channel, bot.T("visitor"), bot.Chinese, storetest.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, owner := range []bot.Owner{{Staff: 1}, {Elsewhere: true}} {
		c.Owner = owner
		turn := &bot.Turn{Conversation: c, Messages: []bot.TurnMessage{{Seq: 1, Kind: bot.MessageMenu, Text: bot.T("解绑")}, {Seq: 2, Kind: bot.MessageText, Text: bot.T("同意")}}}
		if _, err := desk.Decide(t.Context(), turn, storetest.Now); err != nil {
			t.Fatal(err)
		}
		if got := next.turns[len(next.turns)-1]; len(got.Messages) != 2 {
			t.Errorf("%+v: %d messages reached the engine", owner, len(got.Messages))
		}
	}
}

// TestConsentNamesTheModelOutside: by name and country, only where there is one, and
// only then is it recorded.
func TestConsentNamesTheModelOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	model := &reception.ExternalModel{Name: "深言", Country: map[bot.Language]string{bot.Chinese: "新加坡", bot.English: "Singapore"}}
	for _, outside := range []*reception.ExternalModel{nil, model} {
		who := "within"
		if outside != nil {
			who = "outside"
		}
		desk, err := reception.New(reception.Config{Store: w.store, Guard: w.notices.Guard, Next: &asked{}, Channels: []string{channel}, Model: outside})
		if err != nil {
			t.Fatal(err)
		}
		w.desk = desk
		w.code(t, who, "ANNA", store.CodeOptions{})
		c := w.inbound(t, who, bot.MessageScan, "", w.codes[who][0])
		for _, text := range []string{"1", w.codes[who][1], "同意"} {
			w.inbound(t, who, bot.MessageText, text, "")
		}
		w.answer(t, c)
		given, err := w.store.Consents(t.Context(), storetest.Hospital, c.Account)
		if err != nil || given[bot.PurposeExternalModel] != (outside != nil) || !given[bot.PurposeReadReports] || !given[bot.PurposeNotices] {
			t.Errorf("%s: %v, %v", who, given, err)
		}
	}
}
