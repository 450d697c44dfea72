package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Heard is what was said in a voice message, with what triage made of it.
type Heard struct {
	Words   bot.Text
	Trigger bot.Trigger
	Urgent  []bot.Text // the reviewed text, at emergency or crisis
	Echo    bot.Text   // shows the patient what was heard; not sent at emergency
}

// Hear stores the words of a voice message, in one transaction: the text and its
// level; at emergency or crisis what Receive does; else the echo, and the turn due
// at once, with these words. Words that come after the turn was answered are kept
// for staff, and a level they raise opens a case. Words that are known stay.
func (s *Store) Hear(ctx context.Context, job FetchMedia, h Heard, now time.Time) error {
	return unavailable(s.db.In(ctx, job.Institution, func(tx pgx.Tx) error {
		c, err := lockThreadOf(ctx, tx, job.Inbox)
		if err != nil {
			return err
		}
		var answered bool
		err = tx.QueryRow(ctx, `update inbox set text = $2, level = $3, rule = $4 where id = $1 and text = '' returning decision_id is not null`,
			int64(job.Inbox), h.Words, h.Trigger.Level.String(), h.Trigger.Rule).Scan(&answered)
		if noRows(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("store: words of message %d: %w", job.Inbox, err)
		}
		why := bot.CaseReason{Level: h.Trigger.Level, Trigger: h.Trigger}
		switch {
		case h.Trigger.Level.Urgent():
			_, err = s.emergency(ctx, tx, &c, why, job.Inbox, h.Urgent, now)
		case answered && h.Trigger.Level > bot.LevelNone:
			err = s.openCase(ctx, tx, &c, why, job.Inbox, now)
		}
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		if !h.Trigger.Level.Urgent() && !answered && c.Owner.Bot() {
			queueOutbox(b, c, outgoing{key: "heard/" + strconv.FormatInt(int64(job.Inbox), 10), author: bot.AuthorSystem, texts: []bot.Text{h.Echo}}, now)
		}
		queueListened(b, c, job.Inbox, now)
		b.Queue(`select pg_notify('careline_events', $1)`, string(c.Institution)+"/"+strconv.FormatInt(int64(c.ID), 10))
		return send(ctx, tx, b)
	}))
}

// Unheard ends the wait for the words of a voice message.
func (s *Store) Unheard(ctx context.Context, job FetchMedia, now time.Time) error {
	return unavailable(s.db.In(ctx, job.Institution, func(tx pgx.Tx) error {
		c, err := lockThreadOf(ctx, tx, job.Inbox)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		queueListened(b, c, job.Inbox, now)
		return send(ctx, tx, b)
	}))
}

// lockThreadOf locks the conversation of an inbound message.
func lockThreadOf(ctx context.Context, tx pgx.Tx, inbox bot.MessageID) (thread, error) {
	var conversation bot.ConversationID
	if err := tx.QueryRow(ctx, `select conversation_id from inbox where id = $1`, int64(inbox)).Scan((*int64)(&conversation)); err != nil {
		return thread{}, fmt.Errorf("store: conversation of message %d: %w", inbox, err)
	}
	return lockThread(ctx, tx, conversation)
}

// queueListened ends the wait for one voice message. The turn is due at once, unless
// it waits for the words of another; whoever decides it without these words loses it.
func queueListened(b *pgx.Batch, c thread, inbox bot.MessageID, now time.Time) {
	b.Queue(`with ended as (
			update attachments set listening = false where inbox_id = $3 and listening returning inbox_id
		)
		update turn_queue set due = $4, holder = null, until = null
		where institution_id = $1 and conversation_id = $2 and due is not null and exists (select from ended)
			and not exists (select from attachments a join inbox i on i.institution_id = a.institution_id and i.id = a.inbox_id
				where a.conversation_id = $2 and a.listening and a.inbox_id <> $3 and i.decision_id is null)`,
		string(c.Institution), int64(c.ID), int64(inbox), now)
	b.Queue(`select pg_notify('careline_turns', '')`)
}
