package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// ReassignReport moves a report with its results to the patient it belongs to.
// For the patient it was taken for, every result of it that was explained is
// withdrawn: a case and a notice follow, as after a correction.
func (s *Store) ReassignReport(ctx context.Context, id bot.InstitutionID, by bot.Actor, report bot.ReportID, to bot.PatientID, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		// A merge of the new owner waits until this is over.
		owner, err := unretired(ctx, tx, to)
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "没有这位患者。 There is no such patient.", "store: patient %d not found", to)
		}
		if err != nil {
			return fmt.Errorf("store: patient %d: %w", to, err)
		}
		var from bot.PatientID
		err = tx.QueryRow(ctx, `select patient_id from reports where id = $1 for update`, int64(report)).Scan((*int64)(&from))
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "没有这份报告。 There is no such report.", "store: report %d not found", report)
		}
		if err != nil {
			return fmt.Errorf("store: report %d: %w", report, err)
		}
		if from == owner.id {
			return bot.Errorf(bot.KindConflict, "这份报告已经是这位患者的。 The report is this patient's already.", "store: report %d belongs to patient %d", report, from)
		}
		b := &pgx.Batch{}
		b.Queue(`update reports set patient_id = $2, updated_at = $3 where id = $1`, int64(report), int64(owner.id), now)
		b.Queue(`update results set patient_id = $2, cleared_at = null, cleared_by = null where report_id = $1`, int64(report), int64(owner.id))
		queueAudit(b, id, now, by, "report.reassign", subject{"report", int64(report)})
		queueAudit(b, id, now, by, "report.taken", subject{"patient", int64(from)})
		queueAudit(b, id, now, by, "report.given", subject{"patient", int64(owner.id)})
		if err := send(ctx, tx, b); err != nil {
			return fmt.Errorf("store: re-assign report %d: %w", report, err)
		}
		if err := s.reassigned(ctx, tx, id, from, []int64{int64(report)}, now); err != nil {
			return err
		}
		return s.enqueueTriage(ctx, tx, id, map[bot.ReportID]bot.PatientID{report: owner.id})
	}))
}

// FindReport finds a report by our own id or by the number printed on it. A
// number that several systems gave finds none: the operator must say which.
func (s *Store) FindReport(ctx context.Context, id bot.InstitutionID, reference string) (report bot.ReportID, err error) {
	var found []int64
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id from reports where number = $1`, reference)
		if err != nil {
			return err
		}
		if found, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil || len(found) > 0 {
			return err
		}
		rows, err = tx.Query(ctx, `select id from reports where id::text = $1`, reference)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	switch {
	case err != nil:
		return 0, unavailable(err)
	case len(found) == 0:
		return 0, bot.Errorf(bot.KindNotFound, fmt.Sprintf("There is no report %q.", reference), "store: report not found at %s", id)
	case len(found) > 1:
		return 0, bot.Errorf(bot.KindConflict, fmt.Sprintf("%q is the number of %d reports; use our id.", reference, len(found)), "store: report number is not unique at %s", id)
	}
	return bot.ReportID(found[0]), nil
}
