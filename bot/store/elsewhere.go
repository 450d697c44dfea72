package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// SetElsewhere records that a servicer answers a conversation in the channel's own
// app, or no longer does. Each change raises the epoch: the assistant's answers
// from before are suppressed; when it owns the conversation again, messages nobody
// answered are due. The notice tells both sides who answers now. What is so
// already changes nothing.
func (s *Store) SetElsewhere(ctx context.Context, id bot.InstitutionID, channel string, external bot.Text, elsewhere bool, notice bot.Text, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		c, err := s.lockExternal(ctx, tx, id, channel, external, "", now)
		if err != nil || c.Owner.Elsewhere == elsewhere {
			return err
		}
		c.Owner.Elsewhere = elsewhere
		c.Epoch++
		b := &pgx.Batch{}
		b.Queue(`update conversations set elsewhere = $2, epoch = $3 where id = $1`, int64(c.ID), elsewhere, c.Epoch)
		queueSilence(b, &c)
		queueUnanswered(b, &c, now)
		queueState(b, &c, notice, now)
		queueAudit(b, id, now, bot.Actor{Kind: "system"}, elsewhereAction(elsewhere), subject{"conversation", int64(c.ID)})
		return send(ctx, tx, b)
	}))
}

func elsewhereAction(elsewhere bool) string {
	if elsewhere {
		return "conversation.elsewhere"
	}
	return "conversation.returned"
}

// RepliedElsewhere records that a servicer has written in the channel's own app:
// what the patient wrote so far has a person's answer.
func (s *Store) RepliedElsewhere(ctx context.Context, id bot.InstitutionID, channel string, external bot.Text, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		c, err := s.lockExternal(ctx, tx, id, channel, external, "", now)
		if err != nil {
			return err
		}
		var open bool
		err = tx.QueryRow(ctx, `select exists (select from inbox where conversation_id = $1 and decision_id is null)`, int64(c.ID)).Scan(&open)
		if err != nil || !open {
			return err
		}
		decision, err := insertDecision(ctx, tx, c, bot.Decision{Kind: bot.AnswerStaff, Level: c.Level, Verdict: bot.VerdictAccepted, Language: c.Language, DecidedAt: now})
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`update inbox set decision_id = $2 where conversation_id = $1 and decision_id is null`, int64(c.ID), int64(decision))
		b.Queue(`update cases set first_reply_at = coalesce(first_reply_at, $2) where conversation_id = $1 and closed_at is null`, int64(c.ID), now)
		queueAudit(b, id, now, bot.Actor{Kind: "system"}, "conversation.reply", subject{"conversation", int64(c.ID)})
		return send(ctx, tx, b)
	}))
}
