package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// SendFailed records that a channel could not deliver a part it had taken (why is
// the channel's reason), and opens the case about it. Told twice, it is one
// failure. A part whose send is under way is an error of kind unavailable: the
// sender settles it first. Parts we do not know belong to somebody else.
func (s *Store) SendFailed(ctx context.Context, id bot.InstitutionID, channel string, part bot.MessageID, why string, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		var conversation bot.ConversationID
		err := tx.QueryRow(ctx, `select o.conversation_id from outbox o join conversations c on c.institution_id = o.institution_id and c.id = o.conversation_id
			where o.id = $1 and c.channel = $2`, int64(part), channel).Scan((*int64)(&conversation))
		if noRows(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("store: part %d: %w", part, err)
		}
		c, err := lockThread(ctx, tx, conversation)
		if err != nil {
			return err
		}
		return s.failSent(ctx, tx, &c, part, why, now)
	}))
}

// failSent runs under the conversation's lock.
func (s *Store) failSent(ctx context.Context, tx pgx.Tx, c *thread, part bot.MessageID, why string, now time.Time) error {
	var state string
	var urgent bool
	if err := tx.QueryRow(ctx, `select state, urgent from outbox where id = $1`, int64(part)).Scan(&state, &urgent); err != nil {
		return fmt.Errorf("store: part %d: %w", part, err)
	}
	switch bot.Delivery(state) {
	case bot.DeliverySending:
		return bot.Errorf(bot.KindUnavailable, "这条消息正在发送，请稍后再试。 The message is being sent; try again.", "store: part %d failed while it is being sent", part)
	case bot.DeliverySent, bot.DeliveryUnknown:
	default:
		return nil
	}
	b := &pgx.Batch{}
	b.Queue(`update outbox set state = 'failed', error = $2 where id = $1`, int64(part), why)
	b.Queue(`select pg_notify('careline_events', $1)`, string(c.Institution)+"/"+strconv.FormatInt(int64(c.ID), 10))
	if err := send(ctx, tx, b); err != nil {
		return fmt.Errorf("store: part %d was not delivered: %w", part, err)
	}
	return s.undelivered(ctx, tx, c, urgent, now)
}
