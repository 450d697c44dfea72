package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// modelled decides as if a model had been asked; meanwhile happens while it is.
type modelled struct {
	usage     bot.Usage
	meanwhile func()
	err       error
}

func (m modelled) Decide(_ context.Context, _ *bot.Turn, now time.Time) (bot.Decision, error) {
	m.meanwhile()
	return bot.Decision{Kind: bot.AnswerNotice, Author: bot.AuthorSystem, Parts: []bot.Text{bot.T("好的")}, Language: bot.Chinese, Verdict: bot.VerdictSafety, Usage: m.usage, DecidedAt: now}, m.err
}

func TestWhatAModelTookCountsWhateverBecomesOfTheTurn(t *testing.T) {
	t.Parallel()
	used := bot.Usage{Calls: 2, PromptTokens: 900, CompletionTokens: 90}
	failed := errors.New("failed")
	for name, c := range map[string]struct {
		usage     bot.Usage
		overtaken bool
		err       error
		want      bot.Usage
		kind      bot.ErrorKind // "": no error
	}{
		"answered":             {usage: used, want: used},
		"overtaken":            {usage: used, overtaken: true, want: used, kind: bot.KindConflict},
		"failed after a call":  {usage: used, err: failed, want: used, kind: bot.KindInternal},
		"no model was asked":   {},
		"failed before a call": {err: failed, kind: bot.KindInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := storetest.New(t)
			at := storetest.Now
			send := func(id string) store.Received {
				r, err := s.Receive(t.Context(), bot.Inbound{Institution: storetest.Hospital, Channel: "webchat", ExternalID: bot.T("anna"), ProviderID: id, Kind: "text", Text: bot.T("血钾高吗")}, bot.Trigger{}, nil, at)
				if err != nil {
					t.Error(err)
				}
				return r
			}
			m := modelled{usage: c.usage, err: c.err, meanwhile: func() {
				if c.overtaken {
					send("m2")
				}
			}}
			_, err := jobs.AnswerNow(t.Context(), s, m, storetest.Hospital, send("m1").Conversation.ID, at)
			if (err != nil) != (c.kind != "") || err != nil && bot.KindOf(err) != c.kind {
				t.Errorf("error %v", err)
			}
			if got, err := s.SpentToday(t.Context(), storetest.Hospital, at); err != nil || got != c.want {
				t.Errorf("counted %+v, %v", got, err)
			}
		})
	}
}
