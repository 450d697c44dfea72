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

func again(senders []Sender, channel string) bool {
	return slices.ContainsFunc(senders, func(s Sender) bool { return s.Channel == channel && s.Again })
}

// ClaimSend takes the next part to send in one of the channels and marks it
// sending under its conversation's lock, where owner and level are checked once
// more: an assistant's part from before a takeover or an emergency is suppressed.
// One part of a conversation is on its way at a time. Nil when nothing is due. A
// part whose text no review let go fails: the error names it, a case is open, and
// the next call takes the next part.
func (s *Store) ClaimSend(ctx context.Context, channels []Sender, holder string, now time.Time, lease time.Duration) (*bot.Outbound, error) {
	var id bot.InstitutionID
	var conversation bot.ConversationID
	err := s.db.Across(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `update send_queue set holder = $1, until = $4 where (institution_id, conversation_id) = (
				select institution_id, conversation_id from send_queue where channel = any($2) and due <= $3 and (until is null or until < $3)
				order by due limit 1 for update skip locked)
			returning institution_id, conversation_id`, holder, names(channels), now, now.Add(lease)).Scan((*string)(&id), (*int64)(&conversation))
	})
	if noRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	var out *bot.Outbound
	var refused []int64
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		out, refused = nil, nil
		c, err := lockThread(ctx, tx, conversation)
		if err != nil {
			return err
		}
		if refused, err = settleWaiting(ctx, tx, c, again(channels, c.Channel), now); err != nil {
			return err
		}
		if len(refused) > 0 {
			err = s.reportRefused(ctx, tx, c, refused, now)
		} else {
			out, err = s.nextPart(ctx, tx, c, holder, now, lease)
		}
		if err != nil || out != nil {
			return err
		}
		return queueNextSend(ctx, tx, c, now)
	})
	if err == nil && len(refused) > 0 {
		err = bot.Errorf(bot.KindInternal, "", "store: parts %v of conversation %d at %s are not sent: their text is not one that was released", refused, conversation, id)
	}
	return out, unavailable(err)
}

// settleWaiting looks through what waits before a part is taken. A part left
// sending by a process that died may have arrived: an ordinary answer becomes
// unknown and is not sent again, an emergency text is, and so is any part in a
// channel where sending twice shows once. It returns the parts it refused.
func settleWaiting(ctx context.Context, tx pgx.Tx, c thread, again bool, now time.Time) (refused []int64, err error) {
	b := &pgx.Batch{}
	b.Queue(`update outbox set state = case when urgent or $3 then 'queued' else 'unknown' end where conversation_id = $1 and state = 'sending' and until < $2`, int64(c.ID), now, again)
	b.Queue(`update outbox set state = 'suppressed' where conversation_id = $1 and state = 'queued' and author = 'assistant' and epoch <> $2`, int64(c.ID), c.Epoch)
	queueRefused(b, c, &refused)
	if err := send(ctx, tx, b); err != nil {
		return nil, fmt.Errorf("store: outbox of conversation %d: %w", c.ID, err)
	}
	return refused, nil
}

// nextPart marks the oldest waiting part as sending; its text is compared with
// what was released once more as it is read.
func (s *Store) nextPart(ctx context.Context, tx pgx.Tx, c thread, holder string, now time.Time, lease time.Duration) (*bot.Outbound, error) {
	out := &bot.Outbound{Institution: c.Institution, Conversation: c.ID, Channel: c.Channel, Language: c.Language}
	var external []byte
	err := tx.QueryRow(ctx, `update outbox o set state = 'sending', holder = $2, until = $3, attempts = attempts + 1 from accounts a
		where o.id = (select id from outbox where conversation_id = $1 and state = 'queued' and due <= $4
				and not exists (select from outbox x where x.conversation_id = $1 and x.state = 'sending') order by urgent desc, id limit 1)
			and a.id = $5 and `+isReleased+`
		returning o.id, o.author, o.part, o.text, o.ai, o.attempts, a.external_enc`,
		int64(c.ID), holder, now.Add(lease), now, int64(c.Account)).
		Scan((*int64)(&out.ID), (*string)(&out.Author), &out.Part, &out.Text, &out.AI, &out.Attempts, &external)
	if noRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: next part of conversation %d: %w", c.ID, err)
	}
	out.ExternalID, err = s.vault.decrypt(accountExternal(c.Institution), external)
	return out, err
}

// queueNextSend frees the conversation and sets when it is next due.
func queueNextSend(ctx context.Context, tx pgx.Tx, c thread, now time.Time) error {
	_, err := tx.Exec(ctx, `update send_queue set holder = null, until = null, due = (
			select min(case when state = 'sending' then until else due end) from outbox where conversation_id = $2 and state in ('queued', 'sending'))
		where institution_id = $1 and conversation_id = $2`, string(c.Institution), int64(c.ID))
	if err != nil {
		return fmt.Errorf("store: send queue of conversation %d: %w", c.ID, err)
	}
	return nil
}

// Sent records that a part has reached the channel: now it has its number in the
// conversation, in the order people see.
func (s *Store) Sent(ctx context.Context, out *bot.Outbound, now time.Time) error {
	return s.settle(ctx, out, now, bot.DeliverySent, "", time.Time{})
}

// Unsure records that nobody can tell whether a part arrived. It counts as shown,
// for staff see it in the conversation; it is not sent again.
func (s *Store) Unsure(ctx context.Context, out *bot.Outbound, why string, now time.Time) error {
	return s.settle(ctx, out, now, bot.DeliveryUnknown, why, time.Time{})
}

// Held parks a part until the channel's window opens.
func (s *Store) Held(ctx context.Context, out *bot.Outbound, why string, now time.Time) error {
	return s.settle(ctx, out, now, bot.DeliveryHeld, why, time.Time{})
}

// Failed records a part that will never arrive.
func (s *Store) Failed(ctx context.Context, out *bot.Outbound, why string, now time.Time) error {
	return s.settle(ctx, out, now, bot.DeliveryFailed, why, time.Time{})
}

// Retry puts a part back to be sent at again.
func (s *Store) Retry(ctx context.Context, out *bot.Outbound, why string, again, now time.Time) error {
	return s.settle(ctx, out, now, bot.DeliveryQueued, why, again)
}

func (s *Store) settle(ctx context.Context, out *bot.Outbound, now time.Time, state bot.Delivery, why string, again time.Time) error {
	return unavailable(s.db.In(ctx, out.Institution, func(tx pgx.Tx) error {
		c, err := lockThread(ctx, tx, out.Conversation)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `update outbox set state = $3, error = $4, holder = null, until = null, due = coalesce($5, due),
				sent_at = case when $3 in ('sent', 'unknown') then $6::timestamptz end
			where conversation_id = $1 and id = $2 and state = 'sending'`, int64(c.ID), int64(out.ID), string(state), why, orNullTime(again), now)
		if err != nil {
			return fmt.Errorf("store: part %d is %s: %w", out.ID, state, err)
		}
		if tag.RowsAffected() == 1 && (state == bot.DeliverySent || state == bot.DeliveryUnknown) {
			if err := show(ctx, tx, c, out.ID, now); err != nil {
				return err
			}
		}
		return queueNextSend(ctx, tx, c, now)
	}))
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
