package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Correction is what a notice says about results that no longer are as they were
// explained. It holds no value.
type Correction struct {
	ID           int64
	Conversation bot.ConversationID
	Language     bot.Language
	Kind         string    // ResultCorrected, ResultWithdrawn or ResultReassigned
	ReportedAt   time.Time // of the report, zero if it has no time
	Waiting      bool      // nobody has dealt with the notice yet
}

// Correction reads one correction.
func (s *Store) Correction(ctx context.Context, id bot.InstitutionID, number int64) (c Correction, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		var at *time.Time
		err := tx.QueryRow(ctx, `select k.id, k.conversation_id, a.language, k.kind, coalesce(r.issued_at, r.collected_at), k.notice = 'waiting'
			from corrections k join conversations c on c.institution_id = k.institution_id and c.id = k.conversation_id
			join accounts a on a.institution_id = c.institution_id and a.id = c.account_id
			join reports r on r.institution_id = k.institution_id and r.id = k.report_id
			where k.id = $1`, number).Scan(&c.ID, (*int64)(&c.Conversation), (*string)(&c.Language), &c.Kind, &at, &c.Waiting)
		if err != nil {
			return fmt.Errorf("store: correction %d: %w", number, err)
		}
		if at != nil {
			c.ReportedAt = *at
		}
		return nil
	})
	return c, unavailable(err)
}

// TellCorrection queues a correction's notice exactly once, however often it is
// called. While a person owns the conversation, or an emergency stands, the case
// alone says so to staff. An account that is no longer bound to the patient, or
// has withdrawn its consent, is told nothing: that the patient has a report of
// that day is health data too. Staff see in the case that nobody was told.
func (s *Store) TellCorrection(ctx context.Context, id bot.InstitutionID, number int64, text bot.Text, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		var conversation bot.ConversationID
		if err := tx.QueryRow(ctx, `select conversation_id from corrections where id = $1`, number).Scan((*int64)(&conversation)); err != nil {
			return fmt.Errorf("store: correction %d: %w", number, err)
		}
		c, err := lockThread(ctx, tx, conversation)
		if err != nil {
			return err
		}
		var waiting, may bool
		var k int64
		err = tx.QueryRow(ctx, `select k.notice = 'waiting', k.case_id,
				exists (select from bindings b where b.institution_id = k.institution_id and b.account_id = $2 and b.patient_id = k.patient_id and b.ended_at is null)
				and exists (select from consents x where x.institution_id = k.institution_id and x.account_id = $2 and x.purpose = $3 and x.withdrawn_at is null)
			from corrections k where k.id = $1 for update`, number, int64(c.Account), string(bot.PurposeReadReports)).Scan(&waiting, &k, &may)
		if err != nil {
			return fmt.Errorf("store: correction %d: %w", number, err)
		}
		if !waiting {
			return nil
		}
		notice := "queued"
		switch {
		case !may || c.unfollowed:
			notice = "withheld"
		case staffOnly(c):
			notice = "staff"
		}
		b := &pgx.Batch{}
		if notice == "queued" {
			queueOutbox(b, c, outgoing{key: "corrected/" + strconv.FormatInt(number, 10), author: bot.AuthorSystem, texts: []bot.Text{text}}, now)
		}
		b.Queue(`update corrections set notice = $2, noticed_at = $3 where id = $1`, number, notice, now)
		queueCaseEvent(b, id, bot.CaseID(k), now, bot.Actor{Kind: "system"}, "notice-"+notice, bot.LevelReview, ruleCorrected)
		queueAudit(b, id, now, bot.Actor{Kind: "system"}, "correction."+notice, subject{"correction", number})
		return send(ctx, tx, b)
	}))
}

// staffOnly reports whether a notice of the system must not be sent now: a person
// writes there, or only the emergency's text may leave.
func staffOnly(c thread) bool { return !c.Owner.Bot() || c.Level.Urgent() }

// TellBinding queues the notice that a binding ended, once for a merge and once
// for its undoing.
func (s *Store) TellBinding(ctx context.Context, job BindingNotice, text bot.Text, now time.Time) error {
	key := "binding/" + strconv.FormatInt(job.Merge, 10)
	if job.Undone {
		key += "/undone"
	}
	return unavailable(s.db.In(ctx, job.Institution, func(tx pgx.Tx) error {
		c, err := lockThread(ctx, tx, job.Conversation)
		if err != nil || staffOnly(c) || c.unfollowed {
			return err
		}
		b := &pgx.Batch{}
		queueOutbox(b, c, outgoing{key: key, author: bot.AuthorSystem, texts: []bot.Text{text}}, now)
		return send(ctx, tx, b)
	}))
}

// Changed is a result as it was and as it is, for staff to compare.
type Changed struct {
	Name       string
	Was, Is    Shown
	Kind       string
	ReplacedAt time.Time // zero for a re-assigned result, which has no other version
	NoticedAt  time.Time // zero while the notice waits
	Notice     string    // "waiting", "queued", "staff" or "withheld"
}

// Shown is what a version of a result prints.
type Shown struct {
	Value, Unit, Interval, Flag string
	Status                      bot.ResultStatus
}

// Changes are the changed results behind a case, oldest first. What became of a
// re-assigned result is not shown: it is another patient's.
func (s *Store) Changes(ctx context.Context, id bot.InstitutionID, number bot.CaseID) (all []Changed, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select x.name, k.kind, k.notice, k.noticed_at, v.replaced_at,
				coalesce(v.value_printed, x.value_printed), coalesce(v.unit_printed, x.unit_printed), coalesce(v.range_printed, x.range_printed), coalesce(v.flag_printed, x.flag_printed), coalesce(v.status, x.status),
				x.comparator || x.value_printed, x.unit_printed, x.range_printed, x.flag_printed, x.status
			from corrections k cross join unnest(k.results) r(id)
			join results x on x.institution_id = k.institution_id and x.id = r.id
			left join result_versions v on v.institution_id = x.institution_id and v.result_id = x.id and v.id = any(k.versions)
			where k.case_id = $1 order by k.id, x.id, v.id`, int64(number))
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, scanChanged)
		return err
	})
	return all, unavailable(err)
}

func scanChanged(row pgx.CollectableRow) (c Changed, err error) {
	var noticed, replaced *time.Time
	err = row.Scan(&c.Name, &c.Kind, &c.Notice, &noticed, &replaced, &c.Was.Value, &c.Was.Unit, &c.Was.Interval, &c.Was.Flag, (*string)(&c.Was.Status),
		&c.Is.Value, &c.Is.Unit, &c.Is.Interval, &c.Is.Flag, (*string)(&c.Is.Status))
	if noticed != nil {
		c.NoticedAt = *noticed
	}
	if replaced != nil {
		c.ReplacedAt = *replaced
	}
	if c.Kind == ResultReassigned {
		c.Is = Shown{}
	}
	return c, err
}
