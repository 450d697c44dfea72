package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// PatientFile is what is known of a patient's identity: ids, no name and no result.
type PatientFile struct {
	ID          bot.PatientID
	Sex         bot.Sex
	BirthDate   bot.Date
	Identifiers []bot.Identifier
	Reports     int
	Merges      []Merge // with others, oldest first, undone ones too
}

// PatientFile is one patient's. That somebody looked is recorded.
func (s *Store) PatientFile(ctx context.Context, id bot.InstitutionID, by bot.Actor, patient bot.PatientID, now time.Time) (f PatientFile, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select p.id, p.sex, p.birth_date, (select count(*) from reports r where r.patient_id = p.id) from patients p where p.id = $1`, int64(patient)).
			Scan((*int64)(&f.ID), (*string)(&f.Sex), (*string)(&f.BirthDate), &f.Reports)
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "没有这位患者。 There is no such patient.", "store: patient %d not found at %s", patient, id)
		}
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`select system, type, value from patient_identifiers where patient_id = $1 order by system, type, value`, int64(patient)).Query(func(rows pgx.Rows) (err error) {
			f.Identifiers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[bot.Identifier])
			return err
		})
		b.Queue(selectMerge+` where $1 in (survivor_id, retired_id) order by id`, int64(patient)).Query(func(rows pgx.Rows) (err error) {
			f.Merges, err = pgx.CollectRows(rows, scanMerge)
			return err
		})
		queueAudit(b, id, now, by, "patient.file", subject{"patient", int64(patient)})
		return send(ctx, tx, b)
	})
	return f, unavailable(err)
}
