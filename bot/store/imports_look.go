package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// reportKey identifies a report: who issued the number, and the number.
type reportKey struct{ system, number string }

func (k reportKey) compare(o reportKey) int {
	return cmp.Or(cmp.Compare(k.system, o.system), cmp.Compare(k.number, o.number))
}

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

// Plans are made once and kept, also those of the foreign keys' checks, which
// would be planned again for every row otherwise. A plan made while the tables
// are small, or before they have statistics, would read them whole when they have
// grown within the same import: so every look-up is one probe of an index a key
// (lateral, limit 1), and from the second chunk on plans are made anew, once a chunk.
const (
	keepPlans = `select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)`
	planAgain = `discard plans`
)

// survivor is the patient p stands for. Both are locked, so that a merge of
// patients waits for the import or the other way round.
const survivor = `
	cross join lateral (select case when merged_into is null then id else surviving_patient(id) end as id from patients where id = patient limit 1 for key share) p
	cross join lateral (select id, sex, birth_date, name_enc is not null as named from patients where id = p.id limit 1 for key share) s`

const lookPeople = `select k.system, k.type, k.value, s.id, s.sex, s.birth_date, s.named
	from unnest($1::text[], $2::text[], $3::text[]) k (system, type, value)
	cross join lateral (select patient_id as patient from patient_identifiers i where i.system = k.system and i.type = k.type and i.value = k.value limit 1) i` + survivor

// The keys come sorted: two imports wait for each other one way only.
const lookReports = `select r.id, k.system, k.number, r.title, r.status, r.laboratory, r.collected_at, r.issued_at, s.id, s.sex, s.birth_date, s.named
	from unnest($1::text[], $2::text[]) k (system, number)
	cross join lateral (select *, patient_id as patient from reports r where r.system = k.system and r.number = k.number limit 1 for update) r` + survivor

// look reads what is known of the chunk in one round trip, after the savepoint to
// which the chunk may go back.
func (m *importing) look(ctx context.Context) (*known, error) {
	k := &known{people: map[bot.Identifier]*person{}, byID: map[bot.PatientID]*person{}, reports: map[reportKey]*reportRow{}, results: map[resultKey]*resultState{}}
	identifiers, reports, results := m.next.keys()
	b := &pgx.Batch{}
	if m.number == 0 {
		b.Queue(keepPlans)
		b.Queue(`insert into imports (institution_id, format, digest, source, at) values ($1, '', '', $2, $3) returning id`, string(m.id), m.Source, m.now).
			QueryRow(func(row pgx.Row) error { return row.Scan(&m.number) })
	} else {
		b.Queue(planAgain)
		b.Queue(`release savepoint chunk`) // nested ones would be searched for every row
	}
	b.Queue(`savepoint chunk`)
	// Reports first: whoever is known as the owner of one is then known by identifier too.
	b.Queue(lookReports, column(reports, func(r reportKey) string { return r.system }), column(reports, func(r reportKey) string { return r.number })).Query(k.scanReports)
	b.Queue(lookPeople, column(identifiers, func(i bot.Identifier) string { return i.System }), column(identifiers, func(i bot.Identifier) string { return i.Type }),
		column(identifiers, func(i bot.Identifier) string { return i.Value })).Query(k.scanPeople)
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
	return slices.Collect(maps.Keys(identifiers)), slices.SortedFunc(maps.Keys(reports), reportKey.compare), slices.Collect(maps.Keys(results))
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
