package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// ruleUndelivered is the rule of a case about a text that did not reach the
// patient: a person must find another way.
const ruleUndelivered = "undelivered"

// undelivered opens or joins the case about parts that do not arrive; for a text
// about a danger it has the conversation's level.
func (s *Store) undelivered(ctx context.Context, tx pgx.Tx, c *thread, urgent bool, now time.Time) error {
	level := bot.LevelReview
	if urgent {
		level = max(level, c.Level)
	}
	trigger := bot.Trigger{Level: level, Rule: ruleUndelivered}
	if err := s.openCase(ctx, tx, c, bot.CaseReason{Level: level, Trigger: trigger}, 0, now); err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(`update conversations set level = 'review' where id = $1 and level = 'none'`, int64(c.ID))
	queueAudit(b, c.Institution, now, bot.Actor{Kind: "system"}, "message.undelivered", subject{"conversation", int64(c.ID)})
	return send(ctx, tx, b)
}
