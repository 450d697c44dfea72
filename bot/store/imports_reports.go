package store

import (
	"cmp"
	"time"

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
		in.ID = bot.ReportID(p.freeReports[0])
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

const insertReports = `insert into reports (institution_id, id, patient_id, system, number, title, status, laboratory, collected_at, issued_at, import_id, created_at, updated_at)
	overriding system value
	select $1, x.*, $11, $12, $12
	from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[])
		x (id, patient, system, number, title, status, laboratory, collected, issued)
	order by x.system, x.number on conflict (institution_id, system, number) do `

const (
	addReports    = insertReports + `nothing`
	changeReports = insertReports + `update set title = excluded.title, status = excluded.status, laboratory = excluded.laboratory,
		collected_at = excluded.collected_at, issued_at = excluded.issued_at, import_id = excluded.import_id, updated_at = excluded.updated_at`
)

func (p *plan) queueReports(expect expecting) {
	var fresh, changed []*reportRow
	for _, r := range p.headers {
		if r.isNew {
			fresh = append(fresh, r)
		} else {
			changed = append(changed, r)
		}
	}
	if len(fresh) > 0 {
		expect(addReports, len(fresh), p.importing.reportColumns(fresh)...)
	}
	if len(changed) > 0 {
		expect(changeReports, len(changed), p.importing.reportColumns(changed)...)
	}
}

// reportColumns are the parameters of insertReports.
func (m *importing) reportColumns(all []*reportRow) []any {
	return []any{string(m.id),
		column(all, func(r *reportRow) int64 { return int64(r.ID) }), column(all, func(r *reportRow) int64 { return int64(r.owner.id) }),
		column(all, func(r *reportRow) string { return r.System }), column(all, func(r *reportRow) string { return r.Number }),
		column(all, func(r *reportRow) string { return r.Title }), column(all, func(r *reportRow) string { return string(r.Status) }),
		column(all, func(r *reportRow) string { return r.Laboratory }),
		column(all, func(r *reportRow) *time.Time { return nullTime(r.CollectedAt) }), column(all, func(r *reportRow) *time.Time { return nullTime(r.IssuedAt) }),
		m.number, m.now}
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
