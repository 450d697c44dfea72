package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Record is all that is kept of one outbound message: enough to review it again.
type Record struct {
	Message      bot.MessageID
	Conversation bot.ConversationID
	Author       bot.Author
	Part         int
	Delivery     bot.Delivery
	Error        string   // why it was not delivered
	Text         bot.Text // as it stands in the outbox now
	Hash         bot.Hash // of the text as it was queued
	// ReleasedAs is the verdict under which the text as it stands now may leave, ""
	// when none let it go.
	ReleasedAs bot.Verdict
	QueuedAt   time.Time
	Decided    bot.DecisionID // 0 for a notice nobody decided
	Decision   bot.Decision   // without its parts
	Question   []bot.TurnMessage
}

// Record is the record of one outbound message. That somebody looked is recorded.
func (s *Store) Record(ctx context.Context, id bot.InstitutionID, by bot.Actor, message bot.MessageID, now time.Time) (r Record, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		var hash []byte
		r = Record{Message: message}
		err := tx.QueryRow(ctx, `select o.conversation_id, o.author, o.part, o.state, o.error, o.text, o.text_hash, o.queued_at, coalesce(o.decision_id, 0), coalesce(
				(select r.verdict from releases r where r.institution_id = o.institution_id and r.conversation_id = o.conversation_id and r.turn_key = o.turn_key
					and r.text_hash = sha256(convert_to(o.text, 'UTF8'))), '')
			from outbox o where o.id = $1`, int64(message)).
			Scan((*int64)(&r.Conversation), (*string)(&r.Author), &r.Part, (*string)(&r.Delivery), &r.Error, &r.Text, &hash, &r.QueuedAt, (*int64)(&r.Decided), (*string)(&r.ReleasedAs))
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "There is no such outbound message.", "store: message %d not found at %s", message, id)
		}
		if err != nil {
			return fmt.Errorf("store: message %d: %w", message, err)
		}
		copy(r.Hash[:], hash)
		if r.Decided != 0 {
			if err := readDecided(ctx, tx, &r); err != nil {
				return fmt.Errorf("store: decision %d: %w", r.Decided, err)
			}
		}
		return audit(ctx, tx, id, now, by, "message.explain", subject{"message", int64(message)})
	})
	return r, unavailable(err)
}

// readDecided adds the decision behind a message and the words it answers.
func readDecided(ctx context.Context, tx pgx.Tx, r *Record) error {
	b := &pgx.Batch{}
	b.Queue(selectDecision+` from decisions d where d.id = $1`, int64(r.Decided)).QueryRow(func(row pgx.Row) (err error) {
		_, r.Decision, err = scanDecision(row)
		return err
	})
	b.Queue(`select seq, kind, text, received_at from inbox where conversation_id = $1 and decision_id = $2 order by seq`, int64(r.Conversation), int64(r.Decided)).
		Query(func(rows pgx.Rows) (err error) {
			r.Question, err = pgx.CollectRows(rows, pgx.RowToStructByPos[bot.TurnMessage])
			return err
		})
	return send(ctx, tx, b)
}

// FindMessage is the outbound message that has a number in a conversation.
func (s *Store) FindMessage(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, number int64) (message bot.MessageID, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select outbox_id from events where conversation_id = $1 and number = $2 and outbox_id is not null`, int64(conversation), number).Scan((*int64)(&message))
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "This number of the conversation is no outbound message.", "store: no outbound message %d in conversation %d", number, conversation)
		}
		return err
	})
	return message, unavailable(err)
}
