package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Finish commits a turn's decision in one transaction: the record, the outbox
// parts, the answered messages, the case. It refuses with KindConflict when the
// claim is somebody else's, a person took over or an emergency raised the epoch,
// or a newer message arrived: the turn is then decided again with all there is. An
// answer that has not passed the review is refused with KindInternal.
func (s *Store) Finish(ctx context.Context, t *bot.Turn, d bot.Decision, now time.Time) (id bot.DecisionID, err error) {
	if err := released(t.Conversation.ID, d); err != nil {
		return 0, err
	}
	err = s.db.In(ctx, t.Conversation.Institution, func(tx pgx.Tx) error {
		c, err := lockThread(ctx, tx, t.Conversation.ID)
		if err != nil {
			return err
		}
		if err := stillCurrent(ctx, tx, c, t); err != nil {
			return err
		}
		if id, err = insertDecision(ctx, tx, c, d); err != nil {
			return err
		}
		raised := d.Level > c.Level && d.Level.Urgent()
		c.Level = max(c.Level, d.Level)
		if raised {
			c.Epoch++
		}
		b := &pgx.Batch{}
		queueUsed(b, c, id, usedResults(d.Evidence.Facts))
		b.Queue(`update inbox set decision_id = $3 where conversation_id = $1 and seq <= $2 and decision_id is null`, int64(c.ID), t.Seq, int64(id))
		b.Queue(`update turn_queue set due = null, holder = null, until = null, failures = 0, level = $3 where institution_id = $1 and conversation_id = $2`,
			string(c.Institution), int64(c.ID), c.Level.String())
		b.Queue(`update conversations set answered_seq = $2, level = $3, epoch = $4, patient_id = coalesce($5, patient_id),
			urgent_text_at = case when $6 then $7 else urgent_text_at end where id = $1`,
			int64(c.ID), t.Seq, c.Level.String(), c.Epoch, orNull(int64(d.Patient)), d.Kind == bot.AnswerSafety, now)
		key := "turn/" + strconv.FormatInt(t.Seq, 10)
		queueOutbox(b, c, s.fit(c, outgoing{
			key: key, author: d.Author, decision: id, texts: d.Parts, verdict: d.Verdict, released: d.Released,
			ai: d.Author == bot.AuthorAssistant, urgent: d.Kind == bot.AnswerSafety,
		}), now)
		if c.Channel == OperatorChannel {
			queueShownAtOnce(b, c, key, len(d.Parts), now)
		}
		if err := send(ctx, tx, b); err != nil {
			return fmt.Errorf("store: finish conversation %d: %w", c.ID, err)
		}
		if d.OpenCase == nil {
			return nil
		}
		return s.openCase(ctx, tx, &c, *d.OpenCase, 0, now)
	})
	return id, unavailable(err)
}

// usedResults are the results an answer's evidence is about, the values before
// them too: a trend rests on those.
func usedResults(facts []bot.Fact) (all []int64) {
	for _, f := range facts {
		all = append(all, int64(f.Result))
		for _, p := range f.Previous {
			all = append(all, int64(p.Result))
		}
	}
	return slices.DeleteFunc(all, func(id int64) bool { return id == 0 })
}

// queueUsed records which results an answer used, so that a correction finds it.
func queueUsed(b *pgx.Batch, c thread, decision bot.DecisionID, results []int64) {
	if len(results) > 0 {
		b.Queue(`insert into decision_results (institution_id, result_id, decision_id) select distinct $1, r, $2::bigint from unnest($3::bigint[]) r`,
			string(c.Institution), int64(decision), results)
	}
}

// queueShownAtOnce counts the terminal's parts: it has no sender to do so.
func queueShownAtOnce(b *pgx.Batch, c thread, key string, parts int, now time.Time) {
	b.Queue(`insert into events (institution_id, conversation_id, number, kind, outbox_id, at)
		select $1, $2, $3 + row_number() over (order by o.id), 'outbound', o.id, $4 from outbox o
		where o.institution_id = $1 and o.conversation_id = $2 and o.turn_key = $5`, string(c.Institution), int64(c.ID), c.counter, now, key)
	b.Queue(`update conversations set counter = counter + $2 where id = $1`, int64(c.ID), parts)
}

// stillCurrent checks, under the conversation's lock, what the decision was based on.
func stillCurrent(ctx context.Context, tx pgx.Tx, c thread, t *bot.Turn) error {
	var holder string
	var seq int64
	err := tx.QueryRow(ctx, `select coalesce(holder, ''), seq from turn_queue where institution_id = $1 and conversation_id = $2 for update`, string(c.Institution), int64(c.ID)).Scan(&holder, &seq)
	if err != nil {
		return fmt.Errorf("store: queue row of conversation %d: %w", c.ID, err)
	}
	stale := func(why string) error {
		return bot.Errorf(bot.KindConflict, "", "store: conversation %d: %s", c.ID, why)
	}
	switch {
	case holder != t.Holder:
		return stale("the turn is held by somebody else")
	case c.Epoch != t.Conversation.Epoch:
		return stale("the owner or the level changed")
	case seq != t.Seq:
		return stale("a newer message arrived")
	}
	return nil
}
