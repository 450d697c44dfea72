package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Sender is a channel that can be sent to now.
type Sender struct {
	Channel string
	Again   bool          // sending a part twice shows it once
	Pace    time.Duration // between two parts of a conversation
	Windows []bot.Window  // when and how much may be sent; none: always
}

func names(senders []Sender) (all []string) {
	for _, s := range senders {
		all = append(all, s.Channel)
	}
	return all
}

// ClaimSend takes the next part to send in one of the channels and marks it
// sending under its conversation's lock, where owner and level are checked once
// more: an assistant's part from before a takeover or an emergency is suppressed.
// In a channel with windows the part is charged to an open one first; what none
// has room for is held. One part of a conversation is on its way at a time. Nil
// when nothing is due. A part whose text no review let go fails: the error names
// it, a case is open, and the next call takes the next part.
func (s *Store) ClaimSend(ctx context.Context, channels []Sender, holder string, now time.Time, lease time.Duration) (*bot.Outbound, error) {
	for {
		id, conversation, err := s.claimSends(ctx, channels, holder, now, lease)
		if noRows(err) {
			return nil, nil
		}
		if err != nil {
			return nil, unavailable(err)
		}
		out, err := s.claimPart(ctx, id, conversation, channels, holder, now, lease)
		if err != nil || out != nil {
			return out, unavailable(err)
		}
	}
}

// claimSends takes the conversation that has waited longest to be sent to.
func (s *Store) claimSends(ctx context.Context, channels []Sender, holder string, now time.Time, lease time.Duration) (id bot.InstitutionID, conversation bot.ConversationID, err error) {
	err = s.db.Across(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `update send_queue set holder = $1, until = $4 where (institution_id, conversation_id) = (
				select institution_id, conversation_id from send_queue where channel = any($2) and due <= $3 and (until is null or until < $3)
				order by due limit 1 for update skip locked)
			returning institution_id, conversation_id`, holder, names(channels), now, now.Add(lease)).Scan((*string)(&id), (*int64)(&conversation))
	})
	return id, conversation, err
}

// claimPart takes a conversation's next part; nil when none may be sent now.
func (s *Store) claimPart(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, channels []Sender, holder string, now time.Time, lease time.Duration) (out *bot.Outbound, err error) {
	var refused []int64
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		out, refused = nil, nil
		c, err := lockThread(ctx, tx, conversation)
		if err != nil {
			return err
		}
		by := channels[slices.IndexFunc(channels, func(s Sender) bool { return s.Channel == c.Channel })]
		l, err := settleWaiting(ctx, tx, &c, by, now, lease)
		if err != nil {
			return err
		}
		if refused = l.refused; len(refused) > 0 {
			if err := s.reportRefused(ctx, tx, c, refused, now); err != nil {
				return err
			}
			return lookAgain(ctx, tx, c, now)
		}
		next := l.next(by, now)
		if err := s.park(ctx, tx, &c, next.park, now); err != nil {
			return err
		}
		if next.take == nil {
			if !next.again.IsZero() && !next.again.After(now) {
				next.again = now.Add(time.Millisecond) // never at once: others wait too
			}
			return lookAgain(ctx, tx, c, next.again)
		}
		out, err = s.take(ctx, tx, c, next, holder, now.Add(lease))
		return err
	})
	if err == nil && len(refused) > 0 {
		err = bot.Errorf(bot.KindInternal, "", "store: parts %v of conversation %d at %s are not sent: their text is not one that was released", refused, conversation, id)
	}
	return out, err
}

// settleWaiting looks through what waits before a part is taken. A part left
// sending by a process that died may have arrived: an ordinary answer becomes
// unknown and is not sent again, an emergency text is, and so is any part in a
// channel where sending twice shows once.
func settleWaiting(ctx context.Context, tx pgx.Tx, c *thread, by Sender, now time.Time, lease time.Duration) (l line, err error) {
	var unsure []int64
	b := &pgx.Batch{}
	b.Queue(`update outbox set state = case when urgent or $3 then 'queued' else 'unknown' end, sent_at = case when urgent or $3 then sent_at else $2 end
		where conversation_id = $1 and state = 'sending' and until < $2 returning case when state = 'unknown' then id else 0 end`, int64(c.ID), now, by.Again).
		Query(func(rows pgx.Rows) (err error) {
			unsure, err = pgx.CollectRows(rows, pgx.RowTo[int64])
			return err
		})
	b.Queue(`update outbox set state = 'suppressed' where conversation_id = $1 and state = 'queued' and author = 'assistant' and epoch <> $2`, int64(c.ID), c.Epoch)
	queueRefused(b, *c, &l.refused)
	queueLine(b, *c, by, now.Add(lease), &l)
	if err := send(ctx, tx, b); err != nil {
		return l, fmt.Errorf("store: outbox of conversation %d: %w", c.ID, err)
	}
	for _, part := range unsure {
		if part == 0 {
			continue
		}
		if err := show(ctx, tx, *c, bot.MessageID(part), now); err != nil {
			return l, err
		}
		c.counter++
	}
	return l, nil
}

// lookAgain frees the conversation and says when its next part may be due; the
// zero time: when something changes.
func lookAgain(ctx context.Context, tx pgx.Tx, c thread, at time.Time) error {
	_, err := tx.Exec(ctx, `update send_queue set holder = null, until = null, due = $3 where institution_id = $1 and conversation_id = $2`,
		string(c.Institution), int64(c.ID), orNullTime(at))
	if err != nil {
		return fmt.Errorf("store: send queue of conversation %d: %w", c.ID, err)
	}
	return nil
}
