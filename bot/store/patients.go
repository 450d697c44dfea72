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
// own id. An identifier that several systems assigned to different people finds
// nobody: the operator must say which is meant.
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
		rows, err = tx.Query(ctx, `select id from patients where id = $1`, own)
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

// matchPatient finds the patient of one of the identifiers, making one if none
// is known. Identifiers that belong to different patients, or a known patient
// with another birth date or sex, match nobody: such a report is quarantined.
func (s *Store) matchPatient(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, p bot.Patient, now time.Time) (patient bot.PatientID, made bool, refuse string, err error) {
	known := map[int64]bool{}
	for _, i := range p.Identifiers {
		var found int64
		err := tx.QueryRow(ctx, `select patient_id from patient_identifiers where system = $1 and type = $2 and value = $3`, i.System, i.Type, i.Value).Scan(&found)
		if err != nil && !noRows(err) {
			return 0, false, "", fmt.Errorf("store: match patient: %w", err)
		}
		if err == nil {
			known[found] = true
		}
	}
	switch len(known) {
	case 0:
		patient, err = s.addPatient(ctx, tx, id, p, now)
		return patient, true, "", err
	case 1:
		for found := range known {
			patient = bot.PatientID(found)
		}
	default:
		return 0, false, "the identifiers belong to different patients", nil
	}
	var sex, born string
	if err := tx.QueryRow(ctx, `select sex, birth_date from patients where id = $1`, int64(patient)).Scan(&sex, &born); err != nil {
		return 0, false, "", fmt.Errorf("store: match patient %d: %w", patient, err)
	}
	if p.BirthDate != "" && born != "" && string(p.BirthDate) != born {
		return 0, false, "the identifier is known with another birth date", nil
	}
	if statedSex(p.Sex) && statedSex(bot.Sex(sex)) && string(p.Sex) != sex {
		return 0, false, "the identifier is known with another sex", nil
	}
	return patient, false, "", s.completePatient(ctx, tx, id, patient, p)
}

func statedSex(s bot.Sex) bool { return s == bot.SexFemale || s == bot.SexMale }

func (s *Store) addPatient(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, p bot.Patient, now time.Time) (patient bot.PatientID, err error) {
	name, err := s.vault.encrypt(patientName(id), p.Name)
	if err != nil {
		return 0, err
	}
	nameHash, err := s.vault.lookup(patientName(id), p.Name)
	if err != nil {
		return 0, err
	}
	phone, err := s.vault.encrypt(patientPhone(id), p.Phone)
	if err != nil {
		return 0, err
	}
	phoneHash, err := s.vault.lookup(patientPhone(id), p.Phone)
	if err != nil {
		return 0, err
	}
	sex := p.Sex
	if sex == "" {
		sex = bot.SexUnknown
	}
	err = tx.QueryRow(ctx, `insert into patients (institution_id, name_enc, name_hash, phone_enc, phone_hash, sex, birth_date, pregnant, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
		string(id), name, nameHash, phone, phoneHash, string(sex), string(p.BirthDate), p.Pregnant, now).Scan((*int64)(&patient))
	if err != nil {
		return 0, fmt.Errorf("store: add patient: %w", err)
	}
	// Of two imports that add the same patient the later one fails here and runs again.
	added := map[bot.Identifier]bool{}
	for _, i := range p.Identifiers {
		if added[i] {
			continue
		}
		added[i] = true
		if _, err := tx.Exec(ctx, `insert into patient_identifiers (institution_id, system, type, value, patient_id) values ($1, $2, $3, $4, $5)`,
			string(id), i.System, i.Type, i.Value, int64(patient)); err != nil {
			return 0, fmt.Errorf("store: identifiers of patient %d: %w", patient, err)
		}
	}
	return patient, s.completePatient(ctx, tx, id, patient, p)
}

// completePatient adds identifiers and what was not known before; what is known stays.
func (s *Store) completePatient(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, patient bot.PatientID, p bot.Patient) error {
	b := &pgx.Batch{}
	for _, i := range p.Identifiers {
		b.Queue(`insert into patient_identifiers (institution_id, system, type, value, patient_id) values ($1, $2, $3, $4, $5) on conflict do nothing`,
			string(id), i.System, i.Type, i.Value, int64(patient))
	}
	if statedSex(p.Sex) {
		b.Queue(`update patients set sex = $2 where id = $1 and sex = 'unknown'`, int64(patient), string(p.Sex))
	}
	if p.BirthDate != "" {
		b.Queue(`update patients set birth_date = $2 where id = $1 and birth_date = ''`, int64(patient), string(p.BirthDate))
	}
	if err := send(ctx, tx, b); err != nil {
		return fmt.Errorf("store: identifiers of patient %d: %w", patient, err)
	}
	return nil
}
