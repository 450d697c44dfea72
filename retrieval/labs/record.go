package labs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// mostResults is how much of a patient's history is read, newest first.
const mostResults = 2000

// record is what is known of one patient.
type record struct {
	person  bot.PatientContext
	born    bot.Date
	results []stored // newest first
}

// stored is a result with what its row says beyond it.
type stored struct {
	bot.Result
	title   string // of its report
	cleared bool
	item    item
}

// item is what a trend is made of: one analyte in one specimen, or a printed name
// the catalogue does not know.
type item struct {
	analyte  bot.AnalyteID
	specimen bot.Specimen
	name     string
}

func itemOf(r bot.Result) item {
	if r.Analyte == "" {
		return item{name: nameKey(r.Name), specimen: r.Specimen}
	}
	return item{analyte: r.Analyte, specimen: r.Specimen}
}

// read loads a patient and their usable results in one round trip.
func (f *Finder) read(ctx context.Context, inst bot.Institution, patient bot.PatientID, now time.Time) (r record, err error) {
	b := &pgx.Batch{}
	b.Queue(`select sex, birth_date, pregnant from patients where id = $1`, int64(patient)).QueryRow(func(row pgx.Row) error {
		if err := row.Scan((*string)(&r.person.Sex), (*string)(&r.born), &r.person.Pregnant); err != nil {
			return err
		}
		r.person.Age = -1
		if years, ok := youngest(r.born, now.In(inst.Location())); ok {
			r.person.Age = years
		}
		return nil
	})
	b.Queue(selectStored+` where r.patient_id = $1 and r.status in ('final', 'amended', 'corrected') and r.value_printed <> ''
			order by r.effective_at desc nulls last, r.id desc limit $2`, int64(patient), mostResults).Query(func(rows pgx.Rows) (err error) {
		r.results, err = pgx.CollectRows(rows, scanStored)
		return err
	})
	if err = f.db.Batch(ctx, inst.ID, b); err != nil {
		return r, fmt.Errorf("labs: results of patient %d: %w", patient, err)
	}
	return r, nil
}

const selectStored = `select r.id, r.report_id, r.patient_id, r.source_id, r.parent_id, r.name, r.code, r.analyte_id, r.specimen, r.method,
	r.value_printed, r.value_number, r.comparator, r.unit_printed, r.unit_ucum, r.range_printed, r.range_low, r.range_high, r.range_low_open, r.range_high_open,
	r.flag_printed, r.direction, r.flag_conflict, r.unit_problem, r.status, r.absent_reason, r.note, r.laboratory, r.effective_at, r.released_at, r.cleared_at is not null, p.title
	from results r join reports p on p.institution_id = r.institution_id and p.id = r.report_id`

func scanStored(row pgx.CollectableRow) (s stored, err error) {
	var at, released *time.Time
	err = row.Scan((*int64)(&s.ID), (*int64)(&s.Report), (*int64)(&s.Patient), &s.SourceID, &s.ParentID, &s.Name, &s.Code, (*string)(&s.Analyte), (*string)(&s.Specimen), &s.Method,
		&s.Value.Printed, &s.Value.Number, &s.Value.Comparator, &s.Value.Unit, &s.Value.UCUM, &s.Interval.Printed, &s.Interval.Low, &s.Interval.High, &s.Interval.LowOpen, &s.Interval.HighOpen,
		&s.Flag, (*string)(&s.Direction), &s.FlagConflict, &s.UnitProblem, (*string)(&s.Status), &s.AbsentReason, &s.Note, &s.Laboratory, &at, &released, &s.cleared, &s.title)
	if at != nil {
		s.EffectiveAt = *at
	}
	if released != nil {
		s.IssuedAt = *released
	}
	s.item = itemOf(s.Result)
	return s, err
}

// latest is the newest result of an item with the earlier ones behind it.
func (r record) latest(which func(stored) bool) []stored {
	seen := map[item]bool{}
	var all []stored
	for _, s := range r.results {
		if !seen[s.item] && which(s) {
			seen[s.item] = true
			all = append(all, s)
		}
	}
	return all
}

// ofReport are the results of a report, in the order they were stored.
func (r record) ofReport(id bot.ReportID) []stored {
	var all []stored
	for _, s := range r.results {
		if s.Report == id {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b stored) int { return int(a.ID - b.ID) })
	return all
}

// reports are the reports that hold results, newest first.
func (r record) reports() []bot.ReportID {
	var all []bot.ReportID
	for _, s := range r.results {
		if !slices.Contains(all, s.Report) {
			all = append(all, s.Report)
		}
	}
	return all
}

// judged reports whether a direction word of ours may be said of a result of a
// time: not under 18, not in pregnancy, where the printed interval is often the
// usual adult one. A result without a time is judged by the age of today.
func (r record) judged(at time.Time) bool {
	if r.person.Pregnant || r.person.Age >= 0 && r.person.Age < adult {
		return false
	}
	years, known := youngest(r.born, at)
	return at.IsZero() || !known || years >= adult
}

// youngest is the least age in whole years somebody can have at a time: a birth
// date without its day or month may be the last one. False when it is not known.
func youngest(born bot.Date, at time.Time) (years int, known bool) {
	last, err := time.Parse("2006", string(born))
	if err == nil {
		last = last.AddDate(1, 0, -1)
	} else if last, err = time.Parse("2006-01", string(born)); err == nil {
		last = last.AddDate(0, 1, -1)
	} else if whole, ok := born.Time(); ok {
		last = whole
	} else {
		return 0, false
	}
	if at.Before(last) {
		return 0, true
	}
	return bot.Date(last.Format(time.DateOnly)).AgeAt(at)
}

const adult = 18
