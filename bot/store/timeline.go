package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Timeline is a piece of a conversation as people see it.
type Timeline struct {
	Conversation bot.Conversation
	Messages     []bot.Message // in order
	Working      bool          // a turn is being answered or waits for the end of a burst
}

// Timeline reads what stands after a number, or the end of the conversation when
// after is 0: at most limit messages.
func (s *Store) Timeline(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, after int64, limit int) (line Timeline, err error) {
	sql := selectTimeline + ` where e.conversation_id = $1 and e.number > $2 order by e.number limit $3`
	if after == 0 {
		sql = `select * from (` + selectTimeline + ` where e.conversation_id = $1 and e.number > $2 order by e.number desc limit $3) newest order by number`
	}
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(selectConversation+` where c.id = $1`, int64(conversation)).QueryRow(func(row pgx.Row) (err error) {
			if line.Conversation, err = scanConversation(row); noRows(err) {
				return bot.Errorf(bot.KindNotFound, "没有这段会话。 There is no such conversation.", "store: conversation %d not found", conversation)
			}
			return err
		})
		b.Queue(sql, int64(conversation), after, limit).Query(func(rows pgx.Rows) (err error) {
			line.Messages, err = pgx.CollectRows(rows, scanMessage)
			return err
		})
		b.Queue(`select exists (select from turn_queue where institution_id = $1 and conversation_id = $2 and due is not null)`, string(id), int64(conversation)).
			QueryRow(func(row pgx.Row) error { return row.Scan(&line.Working) })
		return tx.SendBatch(ctx, b).Close()
	})
	return line, unavailable(err)
}

const selectTimeline = `select coalesce(o.id, i.id, 0) id, e.number, coalesce(o.author, case when i.id is null then 'system' else 'patient' end) author,
	coalesce(o.text, i.text, e.detail) body, e.at, coalesce(o.state, '') state, coalesce(o.decision_id, 0) decision_id, coalesce(o.ai, false) ai, coalesce(o.staff_id, 0) staff_id, e.kind,
	coalesce(d.full_text <> '', false) longer
	from events e left join inbox i on i.institution_id = e.institution_id and i.id = e.inbox_id
	left join outbox o on o.institution_id = e.institution_id and o.id = e.outbox_id
	left join decisions d on d.institution_id = o.institution_id and d.id = o.decision_id`

func scanMessage(row pgx.CollectableRow) (m bot.Message, err error) {
	err = row.Scan((*int64)(&m.ID), &m.Number, (*string)(&m.Author), &m.Text, &m.At, (*string)(&m.Delivery), (*int64)(&m.Decision), &m.AI, (*int64)(&m.Staff), &m.Kind, &m.Full)
	return m, err
}

// Unsent is a part that people do not see in the conversation: overtaken by a
// takeover or an emergency, parked, failed, or still on its way.
type Unsent struct {
	ID       bot.MessageID
	Author   bot.Author
	Staff    bot.StaffID
	State    bot.Delivery
	Decision bot.DecisionID
	Text     bot.Text
	At       time.Time
}

// Unsent are the newest parts that were not shown to the patient, oldest first,
// for staff to see.
func (s *Store) Unsent(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID) (parts []Unsent, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select * from (select id, author, coalesce(staff_id, 0), state, coalesce(decision_id, 0), text, queued_at from outbox
			where conversation_id = $1 and state not in ('sent', 'unknown') order by id desc limit 20) newest order by id`, int64(conversation))
		if err != nil {
			return err
		}
		parts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (u Unsent, err error) {
			err = row.Scan((*int64)(&u.ID), (*string)(&u.Author), (*int64)(&u.Staff), (*string)(&u.State), (*int64)(&u.Decision), &u.Text, &u.At)
			return u, err
		})
		return err
	})
	return parts, unavailable(err)
}
