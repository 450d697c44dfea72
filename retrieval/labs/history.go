package labs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Series are the usable results of one analyte and specimen, oldest first.
func (f *Finder) Series(ctx context.Context, inst bot.Institution, patient bot.PatientID, analyte bot.AnalyteID, specimen bot.Specimen) ([]bot.Result, error) {
	var series []bot.Result
	err := f.db.InRead(ctx, inst.ID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectStored+` where r.patient_id = $1 and r.analyte_id = $2 and r.specimen = $3 and r.analyte_id <> ''
			and r.status in ('final', 'amended', 'corrected') and r.value_printed <> '' order by r.effective_at nulls first, r.id limit 500`, int64(patient), string(analyte), string(specimen))
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, scanStored)
		for _, s := range found {
			s.Direction = usableDirection(s.Result)
			series = append(series, s.Result)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("labs: series of patient %d: %w", patient, err)
	}
	return series, nil
}

// Reports are a patient's reports with all their results, newest first.
func (f *Finder) Reports(ctx context.Context, inst bot.Institution, patient bot.PatientID, limit int) (reports []bot.Report, err error) {
	err = f.db.InRead(ctx, inst.ID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, system, number, title, status, laboratory, collected_at, issued_at from reports where patient_id = $1
			order by coalesce(issued_at, collected_at, created_at) desc, id desc limit $2`, int64(patient), limit)
		if err != nil {
			return err
		}
		if reports, err = pgx.CollectRows(rows, scanReport); err != nil {
			return err
		}
		at := map[bot.ReportID]int{}
		ids := make([]int64, len(reports))
		for i, r := range reports {
			at[r.ID], ids[i] = i, int64(r.ID)
		}
		rows, err = tx.Query(ctx, selectStored+` where r.report_id = any($1) order by r.id`, ids)
		if err != nil {
			return err
		}
		results, err := pgx.CollectRows(rows, scanStored)
		for _, s := range results {
			s.Direction = usableDirection(s.Result)
			reports[at[s.Report]].Results = append(reports[at[s.Report]].Results, s.Result)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("labs: reports of patient %d: %w", patient, err)
	}
	return reports, nil
}

func scanReport(row pgx.CollectableRow) (r bot.Report, err error) {
	var collected, issued *time.Time
	err = row.Scan((*int64)(&r.ID), &r.System, &r.Number, &r.Title, (*string)(&r.Status), &r.Laboratory, &collected, &issued)
	if collected != nil {
		r.CollectedAt = *collected
	}
	if issued != nil {
		r.IssuedAt = *issued
	}
	return r, err
}
