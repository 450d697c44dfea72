package store

import (
	"cmp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// reportRow is a report's header as the chunk leaves it, and as it was.
type reportRow struct {
	bot.Report
	before  bot.Report
	owner   *person
	isNew   bool
	changed bool
}

// report finds or makes the report and lets its header go forwards only: a late
// older version changes nothing, one of the same rank and time completes it.
func (p *plan) report(who *person, in bot.Report) *reportRow {
	in.Results = nil
	in.CollectedAt, in.IssuedAt = stored(in.CollectedAt), stored(in.IssuedAt)
	r := p.reports[keyOf(in)]
	if r == nil {
		in.ID, in.Patient = bot.ReportID(p.freeReports[0]), who.id
		p.freeReports = p.freeReports[1:]
		r = &reportRow{Report: in, owner: who, isNew: true}
		p.reports[keyOf(in)] = r
		p.headers = append(p.headers, r)
		return r
	}
	switch newer := compareVersions(in.Status, in.IssuedAt, r.Status, r.IssuedAt); {
	case newer > 0:
		r.Title, r.Status, r.Laboratory, r.CollectedAt, r.IssuedAt = in.Title, in.Status, in.Laboratory, in.CollectedAt, in.IssuedAt
	case newer == 0:
		r.Title, r.Status, r.Laboratory = cmp.Or(in.Title, r.Title), cmp.Or(in.Status, r.Status), cmp.Or(in.Laboratory, r.Laboratory)
		r.CollectedAt = firstTime(in.CollectedAt, r.CollectedAt)
	}
	if !r.isNew && !r.changed && !sameHeader(r.Report, r.before) {
		r.changed = true
		p.headers = append(p.headers, r)
	}
	return r
}

func sameHeader(a, b bot.Report) bool {
	return a.Title == b.Title && a.Status == b.Status && a.Laboratory == b.Laboratory && a.CollectedAt.Equal(b.CollectedAt) && a.IssuedAt.Equal(b.IssuedAt)
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// stored is a time as the database gives it back: UTC, whole microseconds.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

const addReports = `insert into reports (institution_id, id, patient_id, system, number, title, status, laboratory, collected_at, issued_at, import_id, created_at, updated_at)
	overriding system value
	select $1, x.*, $11, $12, $12
	from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[])
		x (id, patient, system, number, title, status, laboratory, collected, issued)
	order by x.system, x.number on conflict do nothing`

const changeReports = `update reports r set title = x.title, status = x.status, laboratory = x.laboratory, collected_at = x.collected, issued_at = x.issued, import_id = $7, updated_at = $8
	from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]) x (id, title, status, laboratory, collected, issued)
	where r.id = x.id`

func (p *plan) queueReports(b *pgx.Batch, expect expecting) {
	m := p.importing
	fresh := slices.DeleteFunc(slices.Clone(p.headers), func(r *reportRow) bool { return !r.isNew })
	changed := slices.DeleteFunc(slices.Clone(p.headers), func(r *reportRow) bool { return r.isNew })
	id := func(r *reportRow) int64 { return int64(r.ID) }
	title := func(r *reportRow) string { return r.Title }
	status := func(r *reportRow) string { return string(r.Status) }
	laboratory := func(r *reportRow) string { return r.Laboratory }
	collected := func(r *reportRow) *time.Time { return nullTime(r.CollectedAt) }
	issued := func(r *reportRow) *time.Time { return nullTime(r.IssuedAt) }
	if len(fresh) > 0 {
		expect(addReports, len(fresh), string(m.id), column(fresh, id), column(fresh, func(r *reportRow) int64 { return int64(r.Patient) }),
			column(fresh, func(r *reportRow) string { return r.System }), column(fresh, func(r *reportRow) string { return r.Number }),
			column(fresh, title), column(fresh, status), column(fresh, laboratory), column(fresh, collected), column(fresh, issued), m.number, m.now)
	}
	if len(changed) > 0 {
		b.Queue(changeReports, column(changed, id), column(changed, title), column(changed, status), column(changed, laboratory), column(changed, collected), column(changed, issued), m.number, m.now)
	}
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
