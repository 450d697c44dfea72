package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Received says what became of an inbound message.
type Received struct {
	Conversation bot.Conversation
	Inbox        bot.MessageID
	Number       int64 // the conversation's counter for it
	Seq          int64 // among the conversation's inbound messages
	Duplicate    bool  // it was stored before; nothing changed
	// Urgent is what was queued at once as the answer to a danger. Of a duplicate:
	// what is not known to have reached the patient yet.
	Urgent []bot.Text
}

// Receive stores an inbound message with what triage made of it, in one
// transaction: the message (once for each provider id), the conversation due, the
// window it opens with the parts that waited for one, how far the channel was
// read; and at emergency or crisis the level, the case, epoch + 1 and the reviewed
// text in the outbox. After it returns nothing is lost.
func (s *Store) Receive(ctx context.Context, in bot.Inbound, t bot.Trigger, urgent []bot.Text, now time.Time) (r Received, err error) {
	err = s.db.In(ctx, in.Institution, func(tx pgx.Tx) error {
		r = Received{}
		c, err := s.lockExternal(ctx, tx, in.Institution, in.Channel, in.ExternalID, "", now)
		if err != nil {
			return err
		}
		r.Conversation = c.Conversation
		undelivered, err := s.insertInbound(ctx, tx, c, in, t, now, &r)
		if err != nil {
			return fmt.Errorf("store: receive in conversation %d: %w", c.ID, err)
		}
		if r.Duplicate {
			r.Urgent, err = unsentUrgent(ctx, tx, c, in)
			return err
		}
		c.inboxSeq, c.counter = r.Seq, r.Number
		if err := s.keepMedia(ctx, tx, c, in, r.Inbox, now); err != nil {
			return err
		}
		if !in.Scene.Empty() {
			if err := s.beginBinding(ctx, tx, c.Institution, c.Account, in.Scene.Plain(), c.inboxSeq, now); err != nil {
				return err
			}
		}
		if undelivered != (waiting{}) {
			if err := s.undelivered(ctx, tx, &c, undelivered.urgent > 0, now); err != nil {
				return err
			}
		}
		if t.Level.Urgent() {
			why := bot.CaseReason{Level: t.Level, Trigger: t}
			if r.Urgent, err = s.emergency(ctx, tx, &c, why, r.Inbox, urgent, now); err != nil {
				return err
			}
		}
		r.Conversation = c.Conversation
		return nil
	})
	return r, unavailable(err)
}

// insertInbound is one round trip: the message with what it does to windows,
// parts, the account and the cursor. It returns what an unfollow left undelivered.
func (s *Store) insertInbound(ctx context.Context, tx pgx.Tx, c thread, in bot.Inbound, t bot.Trigger, now time.Time, r *Received) (left waiting, err error) {
	b := &pgx.Batch{}
	s.queueInbound(b, c, in, t, now).QueryRow(func(row pgx.Row) error {
		err := row.Scan((*int64)(&r.Inbox))
		if noRows(err) {
			r.Duplicate = true
			return nil
		}
		r.Seq, r.Number = c.inboxSeq+1, c.counter+1
		return err
	})
	var resumed int64
	s.queueOpening(b, c, in, now, &resumed)
	switch in.Kind {
	case bot.MessageFollow, bot.MessageScan:
		queueFollow(b, c, now)
	case bot.MessageUnfollow:
		queueUnfollow(b, c, in, now, &left)
	}
	if in.Cursor != nil {
		queueCursor(b, in.Institution, in.Channel, *in.Cursor, now)
	}
	if err := send(ctx, tx, b); err != nil || resumed == 0 {
		return left, err
	}
	due := &pgx.Batch{}
	queueSends(due, c, now)
	return left, send(ctx, tx, due)
}

// isNew holds in a statement of the batch that stored a message when it was not
// stored before: $1 to $3 are the institution, the conversation and its next seq.
const isNew = `exists (select from inbox m where m.institution_id = $1 and m.conversation_id = $2 and m.seq = $3)`

// queueInbound is one statement: the message, the counters, the event, the
// queue and the notice to whoever listens; no row comes back for a duplicate.
// A conversation a person owns gets no turn, an unfollow asks for none, and what
// has no words to wait for is due at once.
func (s *Store) queueInbound(b *pgx.Batch, c thread, in bot.Inbound, t bot.Trigger, now time.Time) *pgx.QueuedQuery {
	var due any
	if c.Owner.Bot() && in.Kind != bot.MessageUnfollow {
		due = now.Add(s.Timing.QuietAfter)
		if atOnce(in.Kind) {
			due = now
		}
	}
	return b.Queue(`with message as (
			insert into inbox (institution_id, conversation_id, seq, channel, provider_id, kind, text, media_id, level, rule, received_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			on conflict (institution_id, channel, conversation_id, provider_id) do nothing returning id
		), counted as (
			update conversations set counter = $12, inbox_seq = $3 where institution_id = $1 and id = $2 and exists (select from message)
		), shown as (
			insert into events (institution_id, conversation_id, number, kind, inbox_id, at) select $1, $2, $12, 'inbound', id, $11 from message
		), queued as (
			insert into turn_queue (institution_id, conversation_id, seq, first_at, due, level)
			select $1, $2, $3, $11, $13::timestamptz, $9 from message
			on conflict (institution_id, conversation_id) do update set seq = excluded.seq,
				first_at = case when turn_queue.due is null then excluded.first_at else turn_queue.first_at end,
				due = case when $6 = 'unfollow' then turn_queue.due
					when excluded.due is null or turn_queue.due is null or $15 then excluded.due
					else greatest(least(excluded.due, turn_queue.first_at + $14::interval), turn_queue.due) end
		)
		select id from message, pg_notify('careline_events', $1 || '/' || $2::text) as shown_to, pg_notify('careline_turns', '') as woken`,
		string(c.Institution), int64(c.ID), c.inboxSeq+1, in.Channel, in.ProviderID, in.Kind, in.Text, in.Media, t.Level.String(), t.Rule, now,
		c.counter+1, due, s.Timing.BurstLimit, atOnce(in.Kind))
}

// atOnce reports whether nothing more of a burst is to be waited for.
func atOnce(kind string) bool {
	return kind == bot.MessageMenu || kind == bot.MessageFollow || kind == bot.MessageScan
}
