package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

func patientName(id bot.InstitutionID) field  { return field{"patients", "name", id} }
func patientPhone(id bot.InstitutionID) field { return field{"patients", "phone", id} }

// FindPatient finds a patient by an identifier printed on the report, or by our
// own id, which leads to the survivor when the patient was merged. An identifier
// that several systems assigned to different people finds nobody: the operator
// must say which is meant.
func (s *Store) FindPatient(ctx context.Context, id bot.InstitutionID, reference string) (patient bot.PatientID, err error) {
	var found []int64
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select distinct patient_id from patient_identifiers where value = $1`, reference)
		if err != nil {
			return err
		}
		if found, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil || len(found) > 0 {
			return err
		}
		own, errNumber := strconv.ParseInt(reference, 10, 64)
		if errNumber != nil {
			return nil
		}
		rows, err = tx.Query(ctx, selectRoot, own)
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
		return 0, bot.Errorf(bot.KindNotFound, fmt.Sprintf("There is no patient %q; use our id, or an identifier printed on the report.", reference), "store: patient not found at %s", id)
	case len(found) > 1:
		return 0, bot.Errorf(bot.KindConflict, fmt.Sprintf("%q names %d patients; use our id.", reference, len(found)), "store: identifier is not unique at %s", id)
	}
	return bot.PatientID(found[0]), nil
}

// selectRoot follows merges from a patient to the one that stands for them now.
const selectRoot = `with recursive line as (
		select id, merged_into from patients where id = $1
		union all select p.id, p.merged_into from patients p join line on p.id = line.merged_into
	) select id from line where merged_into is null`

// Patient is one patient with name and identifiers. Who looked is recorded.
func (s *Store) Patient(ctx context.Context, id bot.InstitutionID, by bot.Actor, patient bot.PatientID, now time.Time) (p bot.Patient, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		var name, phone []byte
		err := tx.QueryRow(ctx, `select id, name_enc, phone_enc, sex, birth_date, pregnant from patients where id = $1`, int64(patient)).
			Scan((*int64)(&p.ID), &name, &phone, (*string)(&p.Sex), (*string)(&p.BirthDate), &p.Pregnant)
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "没有这位患者。 There is no such patient.", "store: patient %d not found at %s", patient, id)
		}
		if err != nil {
			return err
		}
		if p.Name, err = s.vault.decrypt(patientName(id), name); err != nil {
			return err
		}
		if p.Phone, err = s.vault.decrypt(patientPhone(id), phone); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select system, type, value from patient_identifiers where patient_id = $1 order by system, type, value`, int64(patient))
		if err != nil {
			return err
		}
		if p.Identifiers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[bot.Identifier]); err != nil {
			return err
		}
		return audit(ctx, tx, id, now, by, "patient.view", subject{"patient", int64(patient)})
	})
	return p, unavailable(err)
}

// unretired reads a patient under a lock that keeps a merge waiting; a merge that
// was faster leads to its survivor.
func unretired(ctx context.Context, tx pgx.Tx, patient bot.PatientID) (p person, err error) {
	for p.mergedInto = patient; err == nil && p.mergedInto != 0; {
		err = tx.QueryRow(ctx, `select id, sex, birth_date, coalesce(merged_into, 0) from patients where id = $1 for key share`, int64(p.mergedInto)).
			Scan((*int64)(&p.id), (*string)(&p.sex), (*string)(&p.born), (*int64)(&p.mergedInto))
	}
	return p, err
}
