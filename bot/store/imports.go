package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// ImportSummary says what an import did.
type ImportSummary struct {
	Import      int64  `json:"import"` // 0 for a dry run
	Format      string `json:"format"`
	Patients    int    `json:"patients"`
	Reports     int    `json:"reports"`
	Results     int    `json:"results"`
	Changed     int    `json:"changed"`  // results added or replaced now; 0 when the file brought nothing new
	Unmapped    int    `json:"unmapped"` // results whose name the catalogue does not know
	Quarantined int    `json:"quarantined"`
}

// ImportOptions for Import.
type ImportOptions struct {
	Source string // the feed it came by: a folder's, a key's or a connection's name; "" by hand
	DryRun bool   // undo everything at the end
	Arrival
}

// SaveImport is Import for a small file.
func (s *Store) SaveImport(ctx context.Context, id bot.InstitutionID, by bot.Actor, file bot.ImportFile, now time.Time) (ImportSummary, error) {
	return s.Import(ctx, id, by, ImportOptions{}, now, func(to bot.ImportSink) (bot.ImportHead, error) { return file.ImportHead, file.Send(to) })
}

// errDryRun undoes a dry run's transaction.
var errDryRun = errors.New("store: dry run")

// Import stores what read hands on in one transaction: patients matched by
// identifier, reports, results, what a correction replaced, the quarantine, and
// a triage job for each report with something new. An error of read undoes all.
// The same file twice changes nothing.
func (s *Store) Import(ctx context.Context, id bot.InstitutionID, by bot.Actor, o ImportOptions, now time.Time, read func(bot.ImportSink) (bot.ImportHead, error)) (summary ImportSummary, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		summary = ImportSummary{}
		save := &importing{Store: s, tx: tx, id: id, now: now, summary: &summary, people: map[bot.PatientID]bool{}}
		err := tx.QueryRow(ctx, `insert into imports (institution_id, format, digest, source, at) values ($1, '', '', $2, $3) returning id`,
			string(id), o.Source, now).Scan(&save.number)
		if err != nil {
			return fmt.Errorf("store: import: %w", err)
		}
		head, err := read(sink{ctx, save})
		if err != nil {
			return err
		}
		summary.Import, summary.Format = save.number, head.Format
		_, err = tx.Exec(ctx, `update imports set format = $2, digest = $3, patients = $4, reports = $5, results = $6, quarantined = $7 where id = $1`,
			save.number, head.Format, head.Digest, summary.Patients, summary.Reports, summary.Results, summary.Quarantined)
		if err != nil {
			return fmt.Errorf("store: import %d: %w", save.number, err)
		}
		if o.DryRun {
			summary.Import = 0
			return errDryRun
		}
		arrival, err := o.record(save.number, summary)
		if err != nil {
			return err
		}
		queueAudit(arrival, id, now, by, "results.import", subject{"import", save.number})
		return send(ctx, tx, arrival)
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return summary, unavailable(err)
}

// sink stores what a parser hands on.
type sink struct {
	ctx  context.Context
	save *importing
}

func (s sink) Record(r bot.ImportRecord) error {
	return s.save.patient(s.ctx, bot.ImportPatient{Patient: r.Patient, Reports: []bot.Report{r.Report}})
}

func (s sink) Merge(m bot.Merge) error { return s.save.merge(s.ctx, m) }

func (s sink) Quarantine(q bot.Quarantined) error { return s.save.quarantine(s.ctx, q) }

// importing is one import on its way.
type importing struct {
	*Store
	tx      pgx.Tx
	id      bot.InstitutionID
	now     time.Time
	number  int64
	summary *ImportSummary
	people  map[bot.PatientID]bool
}

func (m *importing) patient(ctx context.Context, p bot.ImportPatient) error {
	patient, _, refuse, err := m.matchPatient(ctx, m.tx, m.id, p.Patient, m.now)
	if err != nil {
		return err
	}
	if !m.people[patient] {
		m.people[patient] = true
		m.summary.Patients++
	}
	for _, r := range p.Reports {
		if r.Number == "" {
			continue
		}
		m.summary.Reports++
		m.summary.Results += len(r.Results)
		if refuse != "" {
			if err := m.quarantineReport(ctx, r, refuse); err != nil {
				return err
			}
			continue
		}
		if err := m.report(ctx, patient, r); err != nil {
			return err
		}
	}
	return nil
}

// report stores one report. A report number that is known for another patient is
// quarantined: it is never moved silently.
func (m *importing) report(ctx context.Context, patient bot.PatientID, r bot.Report) error {
	digest, err := reportDigest(r)
	if err != nil {
		return err
	}
	var known int64
	var owner bot.PatientID
	var before string
	err = m.tx.QueryRow(ctx, `select id, patient_id, digest from reports where system = $1 and number = $2 for update`, r.System, r.Number).Scan(&known, (*int64)(&owner), &before)
	switch {
	case err != nil && !noRows(err):
		return fmt.Errorf("store: look up a report: %w", err)
	case err == nil && owner != patient:
		return m.quarantineReport(ctx, r, "the report number is known for another patient")
	case err == nil && before == digest:
		return nil
	}
	err = m.tx.QueryRow(ctx, `insert into reports (institution_id, patient_id, system, number, title, status, laboratory, collected_at, issued_at, digest, import_id, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
		on conflict (institution_id, system, number) do update set title = excluded.title, status = excluded.status, laboratory = excluded.laboratory,
			collected_at = excluded.collected_at, issued_at = excluded.issued_at, digest = excluded.digest, import_id = excluded.import_id, updated_at = excluded.updated_at
		returning id`,
		string(m.id), int64(patient), r.System, r.Number, r.Title, string(r.Status), r.Laboratory, orNullTime(r.CollectedAt), orNullTime(r.IssuedAt), digest, m.number, m.now).Scan(&known)
	if err != nil {
		return fmt.Errorf("store: report: %w", err)
	}
	changed, err := m.results(ctx, patient, bot.ReportID(known), r)
	if err != nil || changed == 0 {
		return err
	}
	m.summary.Changed += changed
	return enqueueTriage(ctx, m.tx, m.id, patient, bot.ReportID(known))
}

// results stores a report's results by the source's own ids. What a correction
// replaces is kept as a version.
func (m *importing) results(ctx context.Context, patient bot.PatientID, report bot.ReportID, r bot.Report) (changed int, err error) {
	b := &pgx.Batch{}
	for _, x := range r.Results {
		effective := x.EffectiveAt
		if effective.IsZero() {
			effective = firstTime(r.CollectedAt, r.IssuedAt)
		}
		laboratory := x.Laboratory
		if laboratory == "" {
			laboratory = r.Laboratory
		}
		b.Queue(saveResult, string(m.id), int64(report), int64(patient), x.SourceID, x.ParentID, x.Name, x.Code, string(x.Analyte), string(x.Specimen), x.Method,
			x.Value.Printed, x.Value.Number, x.Value.Comparator, x.Value.Unit, x.Value.UCUM, x.Interval.Printed, x.Interval.Low, x.Interval.High, x.Interval.LowOpen, x.Interval.HighOpen,
			x.Flag, string(x.Direction), x.FlagConflict, x.UnitProblem, string(x.Status), x.AbsentReason, x.Note, laboratory, orNullTime(effective), m.now)
	}
	results := m.tx.SendBatch(ctx, b)
	for range r.Results {
		tag, err := results.Exec()
		if err != nil {
			_ = results.Close()
			return 0, fmt.Errorf("store: results of report %d: %w", report, err)
		}
		changed += int(tag.RowsAffected())
	}
	return changed, results.Close()
}

// saveResult adds or replaces one result and affects no row when nothing differs.
const saveResult = `
with before as (
	select id, status, value_printed, unit_printed, range_printed, flag_printed from results where report_id = $2 and source_id = $4
), saved as (
	insert into results (institution_id, report_id, patient_id, source_id, parent_id, name, code, analyte_id, specimen, method,
		value_printed, value_number, comparator, unit_printed, unit_ucum, range_printed, range_low, range_high, range_low_open, range_high_open,
		flag_printed, direction, flag_conflict, unit_problem, status, absent_reason, note, laboratory, effective_at)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
	on conflict (institution_id, report_id, source_id) do update set parent_id = excluded.parent_id, name = excluded.name, code = excluded.code,
		analyte_id = excluded.analyte_id, specimen = excluded.specimen, method = excluded.method, value_printed = excluded.value_printed,
		value_number = excluded.value_number, comparator = excluded.comparator, unit_printed = excluded.unit_printed, unit_ucum = excluded.unit_ucum,
		range_printed = excluded.range_printed, range_low = excluded.range_low, range_high = excluded.range_high,
		range_low_open = excluded.range_low_open, range_high_open = excluded.range_high_open, flag_printed = excluded.flag_printed,
		direction = excluded.direction, flag_conflict = excluded.flag_conflict, unit_problem = excluded.unit_problem, status = excluded.status,
		absent_reason = excluded.absent_reason, note = excluded.note, laboratory = excluded.laboratory, effective_at = excluded.effective_at,
		cleared_at = null, cleared_by = null
	where (results.value_printed, results.unit_printed, results.range_printed, results.flag_printed, results.status, results.name, results.analyte_id, results.direction, results.effective_at)
		is distinct from (excluded.value_printed, excluded.unit_printed, excluded.range_printed, excluded.flag_printed, excluded.status, excluded.name, excluded.analyte_id, excluded.direction, excluded.effective_at)
	returning id
), kept as (
	insert into result_versions (institution_id, result_id, replaced_at, status, value_printed, unit_printed, range_printed, flag_printed)
	select $1, b.id, $30, b.status, b.value_printed, b.unit_printed, b.range_printed, b.flag_printed from before b join saved s on s.id = b.id
)
select id from saved`

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func (m *importing) quarantineReport(ctx context.Context, r bot.Report, reason string) error {
	whole, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("store: quarantine a report: %w", err)
	}
	return m.quarantine(ctx, bot.Quarantined{Position: "report " + r.Number, Reason: reason, Payload: bot.T(string(whole))})
}

// quarantine keeps an item once, however often its file comes.
func (m *importing) quarantine(ctx context.Context, q bot.Quarantined) error {
	m.summary.Quarantined++
	_, err := m.tx.Exec(ctx, `insert into quarantine (institution_id, import_id, position, reason, payload, at)
		select $1, $2, $3, $4, $5, $6 where not exists (
			select from quarantine where position = $3 and reason = $4 and payload = $5 and resolved_at is null)`,
		string(m.id), m.number, q.Position, q.Reason, q.Payload, m.now)
	if err != nil {
		return fmt.Errorf("store: quarantine: %w", err)
	}
	return nil
}

// reportDigest names a report's content: the same digest is the same report.
func reportDigest(r bot.Report) (string, error) {
	r.ID, r.Patient = 0, 0
	whole, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("store: digest of a report: %w", err)
	}
	sum := sha256.Sum256(whole)
	return hex.EncodeToString(sum[:]), nil
}
