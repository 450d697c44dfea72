package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// reportKey identifies a report: who issued the number, and the number.
type reportKey struct{ system, number string }

func keyOf(r bot.Report) reportKey { return reportKey{r.System, r.Number} }

// known is what is stored of a chunk's people, reports and results, and what the
// plan adds to it.
type known struct {
	people  map[bot.Identifier]*person
	byID    map[bot.PatientID]*person
	reports map[reportKey]*reportRow
	results map[resultKey]*resultState

	freePatients, freeReports []int64 // ids for new ones

	newcomers, learned []*person
	identified         []identified
	headers            []*reportRow   // new and changed
	written            []*resultState // new and changed
}

func (k *known) nextPatient() bot.PatientID {
	id := k.freePatients[0]
	k.freePatients = k.freePatients[1:]
	return bot.PatientID(id)
}

// byIndex keeps to indexes: a plan made and kept while the tables are small would
// scan them whole when they have grown within the same import.
const byIndex = `select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`

// The rows are locked, so that a merge of patients waits for the import or the other way round.
const lookPeople = `select i.system, i.type, i.value, s.id, s.sex, s.birth_date, s.name_enc is not null
	from unnest($1::text[], $2::text[], $3::text[]) k (system, type, value)
	join patient_identifiers i on i.system = k.system and i.type = k.type and i.value = k.value
	join patients p on p.institution_id = i.institution_id and p.id = i.patient_id
	join patients s on s.institution_id = i.institution_id and s.id = case when p.merged_into is null then p.id else surviving_patient(p.id) end
	for key share of p, s`

const lookReports = `select r.id, r.system, r.number, r.title, r.status, r.laboratory, r.collected_at, r.issued_at, s.id, s.sex, s.birth_date, s.name_enc is not null
	from unnest($1::text[], $2::text[]) k (system, number)
	join reports r on r.system = k.system and r.number = k.number
	join patients p on p.institution_id = r.institution_id and p.id = r.patient_id
	join patients s on s.institution_id = r.institution_id and s.id = case when p.merged_into is null then p.id else surviving_patient(p.id) end
	order by r.id for update of r`

// look reads what is known of the chunk in one round trip, after the savepoint to
// which the chunk may go back.
func (m *importing) look(ctx context.Context) (*known, error) {
	k := &known{people: map[bot.Identifier]*person{}, byID: map[bot.PatientID]*person{}, reports: map[reportKey]*reportRow{}, results: map[resultKey]*resultState{}}
	identifiers, reports, results := m.next.keys()
	b := &pgx.Batch{}
	if m.number == 0 {
		b.Queue(byIndex)
		b.Queue(`insert into imports (institution_id, format, digest, source, at) values ($1, '', '', $2, $3) returning id`, string(m.id), m.source, m.now).
			QueryRow(func(row pgx.Row) error { return row.Scan(&m.number) })
	}
	b.Queue(`savepoint chunk`)
	b.Queue(lookPeople, column(identifiers, func(i bot.Identifier) string { return i.System }), column(identifiers, func(i bot.Identifier) string { return i.Type }),
		column(identifiers, func(i bot.Identifier) string { return i.Value })).Query(k.scanPeople)
	b.Queue(lookReports, column(reports, func(r reportKey) string { return r.system }), column(reports, func(r reportKey) string { return r.number })).Query(k.scanReports)
	b.Queue(lookResults, column(results, func(r sourceKey) string { return r.system }), column(results, func(r sourceKey) string { return r.number }),
		column(results, func(r sourceKey) string { return r.source })).Query(k.scanResults)
	b.Queue(`select nextval(pg_get_serial_sequence('patients', 'id')) from generate_series(1, $1)`, len(m.next.records)).Query(collect(&k.freePatients))
	b.Queue(`select nextval(pg_get_serial_sequence('reports', 'id')) from generate_series(1, $1)`, len(reports)).Query(collect(&k.freeReports))
	return k, send(ctx, m.tx, b)
}

// collect reads a column of numbers.
func collect(into *[]int64) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	}
}

// sourceKey is a result as its source names it.
type sourceKey struct {
	reportKey
	source string
}

// keys are what the chunk's records name, each once, of those that can be looked up.
func (c *chunk) keys() ([]bot.Identifier, []reportKey, []sourceKey) {
	identifiers, reports, results := map[bot.Identifier]bool{}, map[reportKey]bool{}, map[sourceKey]bool{}
	for _, r := range c.records {
		if unfit(r) != "" {
			continue
		}
		for _, i := range usable(r.Patient.Identifiers) {
			identifiers[i] = true
		}
		if r.Report.Number == "" {
			continue
		}
		reports[keyOf(r.Report)] = true
		for _, x := range r.Report.Results {
			results[sourceKey{keyOf(r.Report), x.SourceID}] = true
		}
	}
	return slices.Collect(maps.Keys(identifiers)), slices.Collect(maps.Keys(reports)), slices.Collect(maps.Keys(results))
}

func (k *known) scanPeople(rows pgx.Rows) error {
	var i bot.Identifier
	var p person
	_, err := pgx.ForEachRow(rows, []any{&i.System, &i.Type, &i.Value, (*int64)(&p.id), (*string)(&p.sex), (*string)(&p.born), &p.named}, func() error {
		k.people[i] = k.person(p)
		return nil
	})
	return err
}

// person is the same one for each of its identifiers and reports.
func (k *known) person(p person) *person {
	if k.byID[p.id] == nil {
		k.byID[p.id] = &p
	}
	return k.byID[p.id]
}

func (k *known) scanReports(rows pgx.Rows) error {
	var r reportRow
	var p person
	var collected, issued *time.Time
	_, err := pgx.ForEachRow(rows, []any{(*int64)(&r.ID), &r.System, &r.Number, &r.Title, (*string)(&r.Status), &r.Laboratory, &collected, &issued,
		(*int64)(&p.id), (*string)(&p.sex), (*string)(&p.born), &p.named}, func() error {
		one := r
		one.CollectedAt, one.IssuedAt, one.owner = timeOf(collected), timeOf(issued), k.person(p)
		one.before = one.Report
		k.reports[keyOf(r.Report)] = &one
		return nil
	})
	return err
}

// timeOf is the zero time for null.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
