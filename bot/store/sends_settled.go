package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Sent records that a part has reached the channel: now it has its number in the
// conversation, in the order people see.
func (s *Store) Sent(ctx context.Context, out *bot.Outbound, now time.Time) error {
	return s.settle(ctx, out, now, settled{state: bot.DeliverySent})
}

// Unsure records that nobody can tell whether a part arrived. It counts as shown,
// for staff see it in the conversation; it is not sent again.
func (s *Store) Unsure(ctx context.Context, out *bot.Outbound, why string, now time.Time) error {
	return s.settle(ctx, out, now, settled{state: bot.DeliveryUnknown, why: why})
}

// Held parks a part until the channel's window opens. Closed: the channel says
// that nothing at all may be sent; then staff are told.
func (s *Store) Held(ctx context.Context, out *bot.Outbound, why string, closed bool, now time.Time) error {
	return s.settle(ctx, out, now, settled{state: bot.DeliveryHeld, why: why, closed: closed})
}

// Failed records a part that will never arrive, and tells staff.
func (s *Store) Failed(ctx context.Context, out *bot.Outbound, why string, now time.Time) error {
	return s.settle(ctx, out, now, settled{state: bot.DeliveryFailed, why: why})
}

// Retry puts a part back to be sent at again: it is known not to have arrived, or
// has to be said even twice.
func (s *Store) Retry(ctx context.Context, out *bot.Outbound, why string, again, now time.Time) error {
	return s.settle(ctx, out, now, settled{state: bot.DeliveryQueued, why: why, again: again})
}

// Repeat puts a part back of which nobody can tell whether it arrived: it has to
// be said even twice, and the channel may have counted it.
func (s *Store) Repeat(ctx context.Context, out *bot.Outbound, why string, again, now time.Time) error {
	return s.settle(ctx, out, now, settled{state: bot.DeliveryQueued, why: why, again: again, counted: true})
}

// settled is what became of a send.
type settled struct {
	state   bot.Delivery
	why     string
	again   time.Time // of what is tried again
	counted bool      // the channel may have counted it though it is tried again
	closed  bool      // the channel's windows are closed
}

func (s *Store) settle(ctx context.Context, out *bot.Outbound, now time.Time, as settled) error {
	return unavailable(s.db.In(ctx, out.Institution, func(tx pgx.Tx) error {
		c, err := lockThread(ctx, tx, out.Conversation)
		if err != nil {
			return err
		}
		var opening string
		var urgent bool
		err = tx.QueryRow(ctx, `update outbox set state = $3, error = $4, holder = null, until = null, due = coalesce($5, due),
				sent_at = case when $3 in ('sent', 'unknown') then $6::timestamptz end
			where conversation_id = $1 and id = $2 and state = 'sending' returning opening, urgent`,
			int64(c.ID), int64(out.ID), string(as.state), as.why, orNullTime(as.again), now).Scan(&opening, &urgent)
		if err != nil && !noRows(err) {
			return fmt.Errorf("store: part %d is %s: %w", out.ID, as.state, err)
		}
		if err == nil {
			if err := s.after(ctx, tx, &c, out.ID, as, opening, urgent, now); err != nil {
				return err
			}
		}
		return queueNextSend(ctx, tx, c)
	}))
}

// after does what follows from a send: it is shown, gives its place in the window
// back, closes the windows, or is told to staff.
func (s *Store) after(ctx context.Context, tx pgx.Tx, c *thread, part bot.MessageID, as settled, opening string, urgent bool, now time.Time) error {
	switch as.state {
	case bot.DeliverySent, bot.DeliveryUnknown:
		return show(ctx, tx, *c, part, now)
	case bot.DeliveryQueued, bot.DeliveryFailed:
		if !as.counted {
			if err := uncharge(ctx, tx, *c, opening); err != nil {
				return err
			}
		}
	case bot.DeliveryHeld:
		if as.closed {
			if err := closeWindows(ctx, tx, *c, now); err != nil {
				return err
			}
		}
	}
	if as.state == bot.DeliveryFailed || as.state == bot.DeliveryHeld && (as.closed || urgent) {
		return s.undelivered(ctx, tx, c, urgent, now)
	}
	return nil
}

// queueNextSend frees the conversation and sets when it is next due.
func queueNextSend(ctx context.Context, tx pgx.Tx, c thread) error {
	_, err := tx.Exec(ctx, `update send_queue set holder = null, until = null, due = (
			select min(case when state = 'sending' then until else due end) from outbox where conversation_id = $2 and state in ('queued', 'sending'))
		where institution_id = $1 and conversation_id = $2`, string(c.Institution), int64(c.ID))
	if err != nil {
		return fmt.Errorf("store: send queue of conversation %d: %w", c.ID, err)
	}
	return nil
}

// show gives a part its number and tells whoever watches the conversation.
func show(ctx context.Context, tx pgx.Tx, c thread, part bot.MessageID, now time.Time) error {
	b := &pgx.Batch{}
	b.Queue(`insert into events (institution_id, conversation_id, number, kind, outbox_id, at) values ($1, $2, $3, 'outbound', $4, $5)`,
		string(c.Institution), int64(c.ID), c.counter+1, int64(part), now)
	b.Queue(`update conversations set counter = $2 where id = $1`, int64(c.ID), c.counter+1)
	b.Queue(`select pg_notify('careline_events', $1)`, fmt.Sprintf("%s/%d", c.Institution, c.ID))
	if err := send(ctx, tx, b); err != nil {
		return fmt.Errorf("store: show part %d: %w", part, err)
	}
	return nil
}
