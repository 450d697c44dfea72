package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// recentMessages is how much of a conversation a turn sees.
const recentMessages = 12

// ClaimTurn takes the conversation that has waited longest, until the lease
// ends; nil when none is due. A claim whose holder died is claimed again.
func (s *Store) ClaimTurn(ctx context.Context, holder string, now time.Time, lease time.Duration) (*bot.Turn, error) {
	return s.claim(ctx, `update turn_queue set holder = $1, until = $3 where (institution_id, conversation_id) = (
			select institution_id, conversation_id from turn_queue where due <= $2 and (until is null or until < $2)
			order by due limit 1 for update skip locked)
		returning institution_id, conversation_id, seq`, holder, now, now.Add(lease))
}

// ClaimConversation takes one conversation's turn at once, due or not: the
// terminal does not wait for the end of a burst.
func (s *Store) ClaimConversation(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, holder string, now time.Time, lease time.Duration) (*bot.Turn, error) {
	return s.claim(ctx, `update turn_queue set holder = $1, until = $3 where institution_id = $4 and conversation_id = $5
			and due is not null and (until is null or until < $2)
		returning institution_id, conversation_id, seq`, holder, now, now.Add(lease), string(id), int64(conversation))
}

func (s *Store) claim(ctx context.Context, sql string, args ...any) (*bot.Turn, error) {
	t := &bot.Turn{Holder: args[0].(string)}
	b := &pgx.Batch{}
	b.Queue(sql, args...).QueryRow(func(row pgx.Row) error {
		return row.Scan((*string)(&t.Conversation.Institution), (*int64)(&t.Conversation.ID), &t.Seq)
	})
	err := s.db.QuickBatch(ctx, b)
	if noRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return t, s.loadTurn(ctx, t)
}

// loadTurn reads all a decision needs in one round trip.
func (s *Store) loadTurn(ctx context.Context, t *bot.Turn) error {
	id, conversation := t.Conversation.Institution, int64(t.Conversation.ID)
	b := &pgx.Batch{}
	b.Queue(selectConversation+` where c.id = $1`, conversation).QueryRow(func(row pgx.Row) (err error) {
		t.Conversation, err = scanConversation(row)
		return err
	})
	b.Queue(`select seq, kind, text, received_at from inbox where conversation_id = $1 and seq <= $2 and decision_id is null and kind <> 'unfollow' order by seq`, conversation, t.Seq).
		Query(func(rows pgx.Rows) (err error) {
			t.Messages, err = pgx.CollectRows(rows, pgx.RowToStructByPos[bot.TurnMessage])
			return err
		})
	b.Queue(`select b.account_id, b.patient_id, b.relation, p.sex, p.birth_date, b.bound_at from bindings b join patients p on p.institution_id = b.institution_id and p.id = b.patient_id
			join conversations c on c.institution_id = b.institution_id and c.account_id = b.account_id
			where c.id = $1 and b.ended_at is null and `+followed+` order by b.id`, conversation).Query(func(rows pgx.Rows) (err error) {
		t.Bindings, err = pgx.CollectRows(rows, scanBinding)
		return err
	})
	b.Queue(`select coalesce(bool_or(x.purpose = $2), false), coalesce(bool_or(x.purpose = $3), false)
			from consents x join conversations c on c.institution_id = x.institution_id and c.account_id = x.account_id
			where c.id = $1 and x.withdrawn_at is null`, conversation, string(bot.PurposeReadReports), string(bot.PurposeExternalModel)).
		QueryRow(func(row pgx.Row) error { return row.Scan(&t.Consented, &t.ModelAgreed) })
	s.queueNames(b, t)
	b.Queue(selectTimeline+` where e.conversation_id = $1 and (i.id is null or i.decision_id is not null) order by e.number desc limit $2`, conversation, recentMessages).
		Query(func(rows pgx.Rows) (err error) {
			newest, err := pgx.CollectRows(rows, scanMessage)
			for i := len(newest) - 1; i >= 0; i-- {
				t.Recent = append(t.Recent, newest[i])
			}
			return err
		})
	if err := s.db.Batch(ctx, id, b); err != nil {
		return fmt.Errorf("store: load the turn of conversation %d: %w", conversation, unavailable(err))
	}
	return nil
}

// queueNames reads the names of the patients the account acts for, those they were
// merged from too; in the operator's terminal, of the patient asked about.
func (s *Store) queueNames(b *pgx.Batch, t *bot.Turn) {
	b.Queue(`with meant as (
			select b.patient_id from bindings b join conversations c on c.institution_id = b.institution_id and c.account_id = b.account_id
				where c.id = $1 and b.ended_at is null
			union select c.patient_id from conversations c where c.id = $1 and c.channel = $2)
		select name_enc from patients where (id in (select patient_id from meant) or merged_into in (select patient_id from meant)) and name_enc is not null order by id`,
		int64(t.Conversation.ID), OperatorChannel).Query(func(rows pgx.Rows) error {
		sealed, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err != nil {
			return err
		}
		for _, name := range sealed {
			plain, err := s.vault.decrypt(patientName(t.Conversation.Institution), name)
			if err != nil {
				return err
			}
			t.Names = append(t.Names, plain)
		}
		return nil
	})
}

// Heartbeat extends a claim; false when somebody else holds it now.
func (s *Store) Heartbeat(ctx context.Context, t *bot.Turn, now time.Time, lease time.Duration) (held bool, err error) {
	err = s.db.Across(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update turn_queue set until = $4 where institution_id = $1 and conversation_id = $2 and holder = $3`,
			string(t.Conversation.Institution), int64(t.Conversation.ID), t.Holder, now.Add(lease))
		held = tag.RowsAffected() == 1
		return err
	})
	return held, unavailable(err)
}

// Release gives a turn back to be tried at retry, and returns how often it has
// failed by now.
func (s *Store) Release(ctx context.Context, t *bot.Turn, retry time.Time) (failures int, err error) {
	err = s.db.Across(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `update turn_queue set holder = null, until = null, due = greatest(due, $4), failures = failures + 1
			where institution_id = $1 and conversation_id = $2 and holder = $3 returning failures`,
			string(t.Conversation.Institution), int64(t.Conversation.ID), t.Holder, retry).Scan(&failures)
		if noRows(err) {
			return nil
		}
		return err
	})
	return failures, unavailable(err)
}

// Depth is how much waits.
type Depth struct{ Turns, Sends int }

// QueueDepth counts conversations with unanswered messages and with unsent ones.
func (s *Store) QueueDepth(ctx context.Context) (d Depth, err error) {
	err = s.db.Pool.QueryRow(ctx, `select (select count(*) from turn_queue where due is not null), (select count(*) from send_queue where due is not null)`).Scan(&d.Turns, &d.Sends)
	return d, unavailable(err)
}
