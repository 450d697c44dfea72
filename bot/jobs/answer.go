package jobs

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"careline/bot"
	"careline/bot/store"
)

// attempts is how often a turn may fail before a person is asked.
const attempts = 3

// Answer takes a claimed turn to its end: it decides and commits. Worker,
// terminal and evaluation all use it. KindConflict means that the turn was
// overtaken and nothing was written; it is due again where it has to be.
func Answer(ctx context.Context, s *store.Store, d Decider, t *bot.Turn, now time.Time) (bot.Decision, error) {
	started := time.Now()
	decision, err := decide(ctx, d, t, now)
	if decision.Usage.Calls > 0 {
		// What a model took counts whatever becomes of the turn.
		if spent := s.Spend(ctx, t.Conversation.Institution, decision.Usage, now); err == nil {
			err = spent
		}
	}
	if err != nil {
		return decision, err
	}
	decision.TookMS = int(time.Since(started).Milliseconds())
	_, err = s.Finish(ctx, t, decision, now)
	return decision, err
}

// decide contains a panic: one bad turn must not take the process down.
func decide(ctx context.Context, d Decider, t *bot.Turn, now time.Time) (decision bot.Decision, err error) {
	defer func() {
		if recover() != nil {
			// The value may hold patient text; the stack does not.
			err = fmt.Errorf("%w while deciding conversation %d: %s", errPanic, t.Conversation.ID, debug.Stack())
		}
	}()
	return d.Decide(ctx, t, now)
}

// AnswerNow answers one conversation's messages without waiting for the end of a
// burst: the terminal's way.
func AnswerNow(ctx context.Context, s *store.Store, d Decider, id bot.InstitutionID, conversation bot.ConversationID, now time.Time) (bot.Decision, error) {
	t, err := s.ClaimConversation(ctx, id, conversation, fmt.Sprintf("terminal/%d", time.Now().UnixNano()), now, time.Minute)
	if err != nil {
		return bot.Decision{}, err
	}
	if t == nil {
		return s.LastDecision(ctx, id, conversation)
	}
	return Answer(ctx, s, d, t, now)
}

// answerOne claims and answers one turn; worked is false when none was due.
func (r *Runner) answerOne(ctx context.Context, holder string) (worked bool, err error) {
	now := r.Now()
	t, err := r.Store.ClaimTurn(ctx, holder, now, r.Lease)
	if err != nil || t == nil {
		return false, err
	}
	r.typing(ctx, t)
	stop := r.heartbeat(ctx, t)
	_, err = Answer(ctx, r.Store, r.Decider, t, now)
	stop()
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil:
		// Stopping: somebody else takes the turn when the lease ends.
		return false, nil
	case bot.KindOf(err) == bot.KindConflict:
		_, err = r.Store.Release(ctx, t, now)
		return true, err
	}
	r.Log.Error("a turn failed", "institution", t.Conversation.Institution, "conversation", t.Conversation.ID, "err", err)
	return true, r.failed(ctx, t, now)
}

// failed gives a turn back with back-off; after the third time the patient gets
// an apology and a person gets a case.
func (r *Runner) failed(ctx context.Context, t *bot.Turn, now time.Time) error {
	failures, err := r.Store.Release(ctx, t, now.Add(r.Poll))
	if err != nil || failures < attempts {
		return err
	}
	again, err := r.Store.ClaimConversation(ctx, t.Conversation.Institution, t.Conversation.ID, t.Holder, now, r.Lease)
	if err != nil || again == nil {
		return err
	}
	text, err := r.Apology(again.Conversation.Language)
	if err != nil {
		return err
	}
	trigger := bot.Trigger{Level: bot.LevelReview, Rule: "failed"}
	_, err = r.Store.Finish(ctx, again, bot.Decision{
		Kind: bot.AnswerNotice, Author: bot.AuthorSystem, Parts: []bot.Text{text}, Language: again.Conversation.Language,
		Level: max(again.Conversation.Level, bot.LevelReview), Trigger: &trigger, Verdict: bot.VerdictSafety,
		OpenCase: &bot.CaseReason{Level: bot.LevelReview, Trigger: trigger}, DecidedAt: now,
	}, now)
	return err
}

// heartbeat keeps a claim while its turn is decided.
func (r *Runner) heartbeat(ctx context.Context, t *bot.Turn) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(r.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if held, err := r.Store.Heartbeat(ctx, t, r.Now(), r.Lease); err != nil || !held {
					return
				}
			}
		}
	}()
	return func() { cancel(); <-done }
}
