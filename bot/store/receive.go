package store

import (
	"context"
	"fmt"
	"strconv"
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
}

// repeatUrgentAfter is how long an emergency text is not repeated.
const repeatUrgentAfter = 10 * time.Minute

// Receive stores an inbound message with what triage made of it, in one
// transaction: the message (once for each provider id), the conversation due,
// and at emergency or crisis the level, the case, epoch + 1 and the reviewed
// text in the outbox. After it returns nothing is lost.
func (s *Store) Receive(ctx context.Context, in bot.Inbound, t bot.Trigger, urgent []bot.Text, now time.Time) (r Received, err error) {
	err = s.db.In(ctx, in.Institution, func(tx pgx.Tx) error {
		r = Received{}
		c, err := s.lockExternal(ctx, tx, in.Institution, in.Channel, in.ExternalID, "", now)
		if err != nil {
			return err
		}
		r.Conversation = c.Conversation
		inserted, err := s.insertInbound(ctx, tx, c, in, t, now)
		if noRows(err) {
			r.Duplicate = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("store: receive in conversation %d: %w", c.ID, err)
		}
		r.Inbox, r.Seq, r.Number = inserted, c.inboxSeq+1, c.counter+1
		c.inboxSeq, c.counter = r.Seq, r.Number
		if err := s.keepMedia(ctx, tx, c, in, r.Inbox, now); err != nil {
			return err
		}
		if t.Level.Urgent() {
			why := bot.CaseReason{Level: t.Level, Trigger: t}
			if err := s.emergency(ctx, tx, &c, why, r.Inbox, urgent, now); err != nil {
				return err
			}
		}
		r.Conversation = c.Conversation
		return nil
	})
	return r, unavailable(err)
}

// insertInbound is one statement: the message, the counters, the event, the
// queue and the notice to whoever listens; no row comes back for a duplicate.
// A conversation a person owns gets no turn.
func (s *Store) insertInbound(ctx context.Context, tx pgx.Tx, c thread, in bot.Inbound, t bot.Trigger, now time.Time) (inbox bot.MessageID, err error) {
	err = tx.QueryRow(ctx, `with message as (
			insert into inbox (institution_id, conversation_id, seq, channel, provider_id, kind, text, level, rule, received_at, media_id)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $15)
			on conflict (institution_id, channel, conversation_id, provider_id) do nothing returning id
		), counted as (
			update conversations set counter = $11, inbox_seq = $3 where institution_id = $1 and id = $2 and exists (select from message)
		), shown as (
			insert into events (institution_id, conversation_id, number, kind, inbox_id, at) select $1, $2, $11, 'inbound', id, $10 from message
		), queued as (
			insert into turn_queue (institution_id, conversation_id, seq, first_at, due, level)
			select $1, $2, $3, $10, case when $12 then $13::timestamptz end, $8 from message
			on conflict (institution_id, conversation_id) do update set seq = excluded.seq,
				first_at = case when turn_queue.due is null then excluded.first_at else turn_queue.first_at end,
				due = case when not $12 then null
					when turn_queue.due is null then excluded.due
					else greatest(least(excluded.due, turn_queue.first_at + $14::interval), turn_queue.due) end
		)
		select id from message, pg_notify('careline_events', $1 || '/' || $2::text) as shown_to, pg_notify('careline_turns', '') as woken`,
		string(c.Institution), int64(c.ID), c.inboxSeq+1, in.Channel, in.ProviderID, in.Kind, in.Text, t.Level.String(), t.Rule, now,
		c.counter+1, c.Owner.Bot(), now.Add(s.Timing.QuietAfter), s.Timing.BurstLimit, in.Media).Scan((*int64)(&inbox))
	return inbox, err
}

// emergency raises the conversation and puts the reviewed text into the outbox:
// once for a danger, again for a higher one or after ten minutes.
func (s *Store) emergency(ctx context.Context, tx pgx.Tx, c *thread, why bot.CaseReason, inbox bot.MessageID, texts []bot.Text, now time.Time) error {
	t := why.Trigger
	fresh := c.urgentAt == nil || t.Level > c.Level || now.Sub(*c.urgentAt) >= repeatUrgentAfter
	c.Level = max(c.Level, t.Level)
	c.Epoch++
	b := &pgx.Batch{}
	b.Queue(`update conversations set level = $2, epoch = $3, urgent_text_at = case when $4 then $5 else urgent_text_at end where id = $1`,
		int64(c.ID), c.Level.String(), c.Epoch, fresh && len(texts) > 0, now)
	b.Queue(`update outbox set state = 'suppressed' where conversation_id = $1 and state in ('queued', 'held') and author = 'assistant'`, int64(c.ID))
	if fresh && len(texts) > 0 {
		// The text is the answer to all that was not answered: no turn follows it.
		decision, err := insertDecision(ctx, tx, *c, bot.Decision{
			Kind: bot.AnswerSafety, Level: c.Level, Tier: bot.TierNow, Trigger: &t, Verdict: bot.VerdictSafety, Language: c.Language, Parts: texts, DecidedAt: now,
		})
		if err != nil {
			return err
		}
		queueOutbox(b, *c, outgoing{key: urgentKey(inbox, why.Result), author: bot.AuthorSystem, decision: decision, texts: texts, urgent: true}, now)
		if why.Result != 0 {
			queueUsed(b, *c, decision, []int64{int64(why.Result)})
		}
		b.Queue(`update inbox set decision_id = $2 where conversation_id = $1 and decision_id is null`, int64(c.ID), int64(decision))
		b.Queue(`update turn_queue set due = null, holder = null, until = null where institution_id = $1 and conversation_id = $2`, string(c.Institution), int64(c.ID))
	}
	if err := send(ctx, tx, b); err != nil {
		return fmt.Errorf("store: emergency in conversation %d: %w", c.ID, err)
	}
	return s.openCase(ctx, tx, c, why, inbox, now)
}

// urgentKey names the text of one danger: the message it answers, or the result.
func urgentKey(inbox bot.MessageID, result bot.ResultID) string {
	if inbox == 0 {
		return "critical/" + strconv.FormatInt(int64(result), 10)
	}
	return "urgent/" + strconv.FormatInt(int64(inbox), 10)
}

// outgoing are the parts of one reply on their way to the outbox.
type outgoing struct {
	key      string // unique in the conversation: the same key is the same reply
	author   bot.Author
	staff    bot.StaffID
	decision bot.DecisionID
	texts    []bot.Text
	verdict  bot.Verdict // of the assistant's texts, with the hashes it covers
	released []bot.Hash
	ai       bool
	urgent   bool
}

// queueOutbox adds the parts and makes the conversation due for sending. The
// terminal has no sender: its parts are there as soon as they are written.
func queueOutbox(b *pgx.Batch, c thread, o outgoing, now time.Time) {
	queueReleases(b, c, o, now)
	for i, text := range o.texts {
		sum := bot.HashOf(text)
		state := bot.DeliveryQueued
		if c.Channel == OperatorChannel {
			state = bot.DeliverySent
		}
		b.Queue(`insert into outbox (institution_id, conversation_id, turn_key, part, author, staff_id, decision_id, epoch, text, text_hash, ai, state, urgent, due, queued_at, sent_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, case when $12 = 'sent' then $14::timestamptz end)
			on conflict (institution_id, conversation_id, turn_key, part) do nothing`,
			string(c.Institution), int64(c.ID), o.key, i+1, string(o.author), orNull(int64(o.staff)), orNull(int64(o.decision)), c.Epoch, text, sum[:], o.ai, string(state), o.urgent, now)
	}
	if c.Channel == OperatorChannel || len(o.texts) == 0 {
		return
	}
	b.Queue(`insert into send_queue (institution_id, conversation_id, channel, due) values ($1, $2, $3, $4)
		on conflict (institution_id, conversation_id) do update set due = least(coalesce(send_queue.due, excluded.due), excluded.due)`,
		string(c.Institution), int64(c.ID), c.Channel, now)
	b.Queue(`select pg_notify('careline_sends', '')`)
}
