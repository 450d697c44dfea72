package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// The clocks of a case: how long a person may take for the first answer.
const (
	humanWithin     = 60 * time.Minute
	reviewWithin    = 30 * time.Minute
	emergencyWithin = 2 * time.Minute // then somebody else is asked
)

// dueAt is when a case of a level must have been answered.
func dueAt(level bot.Level, now time.Time) time.Time {
	switch level {
	case bot.LevelHuman:
		return now.Add(humanWithin)
	case bot.LevelReview:
		return now.Add(reviewWithin)
	}
	return now.Add(emergencyWithin)
}

// openCase opens a conversation's case, or joins the open one: a higher level
// raises it, a lower one is noted. It runs under the conversation's lock.
func (s *Store) openCase(ctx context.Context, tx pgx.Tx, c *thread, why bot.CaseReason, inbox bot.MessageID, now time.Time) error {
	due := dueAt(why.Level, now)
	var id int64
	var before string
	err := tx.QueryRow(ctx, `select id, level from cases where conversation_id = $1 and closed_at is null for update`, int64(c.ID)).Scan(&id, &before)
	if noRows(err) {
		id, before, err = adopt(ctx, tx, c, inbox, due)
	}
	kind := "joined"
	switch {
	case noRows(err):
		kind = "opened"
		err = tx.QueryRow(ctx, `insert into cases (institution_id, conversation_id, patient_id, level, rule, term, inbox_id, span_start, span_end, result_id, opened_at, due_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id`,
			string(c.Institution), int64(c.ID), orNull(int64(c.Patient)), why.Level.String(), why.Trigger.Rule, why.Trigger.Term, orNull(int64(inbox)),
			why.Trigger.Start, why.Trigger.End, orNull(int64(why.Result)), now, due).Scan(&id)
	case err == nil:
		was, errLevel := bot.ParseLevel(before)
		if errLevel != nil {
			return errLevel
		}
		if why.Level > was {
			kind = "raised"
			_, err = tx.Exec(ctx, `update cases set level = $2, rule = $3, term = $4, inbox_id = coalesce($5, inbox_id), span_start = $6, span_end = $7,
					result_id = coalesce($8, result_id), due_at = least(due_at, $9) where id = $1`,
				id, why.Level.String(), why.Trigger.Rule, why.Trigger.Term, orNull(int64(inbox)), why.Trigger.Start, why.Trigger.End, orNull(int64(why.Result)), due)
		}
	}
	if err != nil {
		return fmt.Errorf("store: case in conversation %d: %w", c.ID, err)
	}
	c.Case = bot.CaseID(id)
	b := &pgx.Batch{}
	queueCaseEvent(b, c.Institution, bot.CaseID(id), now, bot.Actor{Kind: "system"}, kind, why.Level, why.Trigger.Rule)
	queueAudit(b, c.Institution, now, bot.Actor{Kind: "system"}, "case."+kind, subject{"case", id})
	b.Queue(`select pg_notify('careline_events', $1)`, string(c.Institution)+"/"+strconv.FormatInt(int64(c.ID), 10))
	return send(ctx, tx, b)
}

// adopt gives the conversation to the open case of a patient nobody could write to
// until now, so that one danger is one case; no row comes back when there is none.
func adopt(ctx context.Context, tx pgx.Tx, c *thread, inbox bot.MessageID, due time.Time) (id int64, level string, err error) {
	err = tx.QueryRow(ctx, `update cases set conversation_id = $2, inbox_id = $3, due_at = least(due_at, $4)
		where patient_id = $1 and conversation_id is null and closed_at is null returning id, level`,
		int64(c.Patient), int64(c.ID), orNull(int64(inbox)), due).Scan(&id, &level)
	return id, level, err
}

func queueCaseEvent(b *pgx.Batch, id bot.InstitutionID, c bot.CaseID, now time.Time, by bot.Actor, kind string, level bot.Level, rule string) {
	b.Queue(`insert into case_events (institution_id, case_id, at, actor_kind, actor_id, kind, level, rule) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(id), int64(c), now, by.Kind, by.ID, kind, level.String(), rule)
}

// RequestHuman opens a case because the patient asks for a person; notice is what
// the patient is told.
func (s *Store) RequestHuman(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, notice bot.Text, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		c, err := lockThread(ctx, tx, conversation)
		if err != nil {
			return err
		}
		why := bot.CaseReason{Level: bot.LevelHuman, Trigger: bot.Trigger{Level: bot.LevelHuman, Rule: "asked"}}
		if err := s.openCase(ctx, tx, &c, why, 0, now); err != nil {
			return err
		}
		b := &pgx.Batch{}
		if c.Level < bot.LevelHuman {
			b.Queue(`update conversations set level = 'human' where id = $1`, int64(c.ID))
		}
		queueOutbox(b, c, outgoing{key: "asked/" + strconv.FormatInt(now.UnixNano(), 10), author: bot.AuthorSystem, texts: []bot.Text{notice}}, now)
		return send(ctx, tx, b)
	}))
}

// OpenForPatient opens a case about a patient who has no conversation: a critical
// result came in and nobody can be written to, so somebody must call.
func (s *Store) OpenForPatient(ctx context.Context, id bot.InstitutionID, patient bot.PatientID, why bot.CaseReason, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		var opened int64
		err := tx.QueryRow(ctx, `insert into cases (institution_id, patient_id, level, rule, term, result_id, opened_at, due_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (institution_id, patient_id) where closed_at is null and conversation_id is null
			do update set result_id = coalesce(cases.result_id, excluded.result_id) returning id`,
			string(id), int64(patient), why.Level.String(), why.Trigger.Rule, why.Trigger.Term, orNull(int64(why.Result)), now, dueAt(why.Level, now)).Scan(&opened)
		if err != nil {
			return fmt.Errorf("store: case of patient %d: %w", patient, err)
		}
		b := &pgx.Batch{}
		queueCaseEvent(b, id, bot.CaseID(opened), now, bot.Actor{Kind: "system"}, "opened", why.Level, why.Trigger.Rule)
		queueAudit(b, id, now, bot.Actor{Kind: "system"}, "case.opened", subject{"case", opened})
		b.Queue(`select pg_notify('careline_events', $1)`, string(id)+"/0")
		return send(ctx, tx, b)
	}))
}

const selectCase = `select k.id, k.institution_id, coalesce(k.conversation_id, 0), coalesce(k.patient_id, 0), k.level, k.rule, k.term, k.span_start, k.span_end,
	coalesce(k.owner_staff_id, 0), k.opened_at, k.due_at, k.closed_at, k.outcome, coalesce(k.result_id, 0), k.first_reply_at, coalesce(i.text, '')
	from cases k left join inbox i on i.institution_id = k.institution_id and i.id = k.inbox_id`

func scanCase(row pgx.CollectableRow) (k bot.Case, err error) {
	var level string
	var closed, replied *time.Time
	err = row.Scan((*int64)(&k.ID), (*string)(&k.Institution), (*int64)(&k.Conversation), (*int64)(&k.Patient), &level, &k.Trigger.Rule, &k.Trigger.Term,
		&k.Trigger.Start, &k.Trigger.End, (*int64)(&k.Owner.Staff), &k.OpenedAt, &k.DueAt, &closed, &k.Outcome, (*int64)(&k.Result), &replied, &k.Words)
	if err != nil {
		return k, err
	}
	if closed != nil {
		k.ClosedAt = *closed
	}
	if replied != nil {
		k.FirstReplyAt = *replied
	}
	k.Level, err = bot.ParseLevel(level)
	k.Trigger.Level = k.Level
	return k, err
}

// Cases lists the open cases, the most urgent and longest waiting first; closed
// ones too, newest first, when asked for.
func (s *Store) Cases(ctx context.Context, id bot.InstitutionID, closed bool) (all []bot.Case, err error) {
	sql := selectCase + ` where k.closed_at is null
		order by array_position(array['crisis', 'emergency', 'human', 'review'], k.level), k.due_at, k.id limit 500`
	if closed {
		sql = selectCase + ` where k.closed_at is not null order by k.closed_at desc limit 100`
	}
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, scanCase)
		return err
	})
	return all, unavailable(err)
}

// Case is one case. That a staff member looked is recorded.
func (s *Store) Case(ctx context.Context, id bot.InstitutionID, by bot.Actor, number bot.CaseID, now time.Time) (k bot.Case, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		if k, err = caseRow(ctx, tx, number); err != nil {
			return err
		}
		return audit(ctx, tx, id, now, by, "case.view", subject{"case", int64(number)})
	})
	return k, unavailable(err)
}

func caseRow(ctx context.Context, tx pgx.Tx, number bot.CaseID) (bot.Case, error) {
	rows, err := tx.Query(ctx, selectCase+` where k.id = $1`, int64(number))
	if err != nil {
		return bot.Case{}, err
	}
	k, err := pgx.CollectExactlyOneRow(rows, scanCase)
	if noRows(err) {
		return k, bot.Errorf(bot.KindNotFound, "没有这个个案。 There is no such case.", "store: case %d not found", number)
	}
	return k, err
}

// CaseEvent is one line of a case's history.
type CaseEvent struct {
	At    time.Time
	Actor bot.Actor
	Kind  string
	Level string
	Rule  string
}

// History is what happened to a case, oldest first.
func (s *Store) History(ctx context.Context, id bot.InstitutionID, number bot.CaseID) (events []CaseEvent, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select at, actor_kind, actor_id, kind, level, rule from case_events where case_id = $1 order by id`, int64(number))
		if err != nil {
			return err
		}
		events, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e CaseEvent, err error) {
			err = row.Scan(&e.At, &e.Actor.Kind, &e.Actor.ID, &e.Kind, &e.Level, &e.Rule)
			return e, err
		})
		return err
	})
	return events, unavailable(err)
}
