package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

const remapChunk = 500

// unmappedNamed are results of a name without an analyte, with what mapping them
// depends on. Their reports are locked as an import locks them.
const unmappedNamed = `select r.id, r.report_id, r.patient_id, r.source_id, r.name, r.code, r.specimen, r.method, r.value_printed, r.value_number, r.comparator,
	r.unit_printed, r.unit_ucum, r.range_printed, r.range_low, r.range_high, r.range_low_open, r.range_high_open, r.flag_printed, r.status, r.effective_at,
	r.direction, r.flag_conflict, r.unit_problem, s.sex, s.birth_date, p.title
	from results r join reports p on p.institution_id = r.institution_id and p.id = r.report_id
	join patients s on s.institution_id = r.institution_id and s.id = r.patient_id
	where r.analyte_id = '' and r.name = $1 and r.id > $2 order by r.id limit $3 for update of p`

type unmappedResult struct {
	bot.Result
	patient bot.Patient
	title   string
	was     mapping
}

// Remap maps stored results without an analyte anew: those of the printed name,
// as decided since. What was printed stays; analyte, unit code, bounds, direction
// and problems are updated in place, and their reports are triaged. It returns
// how many changed. Map sees of the patient the sex and the birth date.
func (s *Store) Remap(ctx context.Context, id bot.InstitutionID, by bot.Actor, name string, now time.Time, remap func(r bot.Result, p bot.Patient, title string) bot.Result) (changed int, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		triage := map[bot.ReportID]bot.PatientID{}
		changed = 0
		for after := bot.ResultID(0); ; {
			some, err := namedAfter(ctx, tx, name, after)
			if err != nil {
				return fmt.Errorf("store: results to map anew: %w", err)
			}
			var mapped []bot.Result
			for _, u := range some {
				after = u.ID
				if r := remap(u.Result, u.patient, u.title); mappingOf(r) != u.was {
					r.ID = u.ID
					mapped = append(mapped, r)
					triage[u.Report] = u.Patient
				}
			}
			if err := saveMappings(ctx, tx, mapped); err != nil {
				return err
			}
			changed += len(mapped)
			if len(some) < remapChunk {
				break
			}
		}
		if err := s.enqueueTriage(ctx, tx, id, triage); err != nil {
			return err
		}
		return audit(ctx, tx, id, now, by, "results.remap", subject{})
	})
	return changed, unavailable(err)
}

func namedAfter(ctx context.Context, tx pgx.Tx, name string, after bot.ResultID) ([]unmappedResult, error) {
	rows, err := tx.Query(ctx, unmappedNamed, name, int64(after), remapChunk)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (u unmappedResult, err error) {
		var effective *time.Time
		var direction bot.Direction
		var conflict, problem bool
		err = row.Scan((*int64)(&u.ID), (*int64)(&u.Report), (*int64)(&u.Patient), &u.SourceID, &u.Name, &u.Code, (*string)(&u.Specimen), &u.Method,
			&u.Value.Printed, &u.Value.Number, &u.Value.Comparator, &u.Value.Unit, &u.Value.UCUM, &u.Interval.Printed, &u.Interval.Low, &u.Interval.High,
			&u.Interval.LowOpen, &u.Interval.HighOpen, &u.Flag, (*string)(&u.Status), &effective,
			(*string)(&direction), &conflict, &problem, (*string)(&u.patient.Sex), (*string)(&u.patient.BirthDate), &u.title)
		u.EffectiveAt = timeOf(effective)
		u.was = mappingOf(u.Result)
		u.was.direction, u.was.flagConflict, u.was.unitProblem = direction, conflict, problem
		u.Direction = bot.DirectionUnknown
		return u, err
	})
}

func saveMappings(ctx context.Context, tx pgx.Tx, all []bot.Result) error {
	b := &pgx.Batch{}
	for _, r := range all {
		b.Queue(`update results set analyte_id = $2, specimen = $3, unit_ucum = $4, range_low = $5, range_high = $6, range_low_open = $7, range_high_open = $8,
			direction = $9, flag_conflict = $10, unit_problem = $11 where id = $1`, int64(r.ID), string(r.Analyte), string(r.Specimen), r.Value.UCUM,
			r.Interval.Low, r.Interval.High, r.Interval.LowOpen, r.Interval.HighOpen, string(r.Direction), r.FlagConflict, r.UnitProblem)
	}
	if err := send(ctx, tx, b); err != nil {
		return fmt.Errorf("store: save %d mappings: %w", len(all), err)
	}
	return nil
}
