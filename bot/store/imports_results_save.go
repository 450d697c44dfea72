package store

import (
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// printed are the columns that results and their versions share.
const printed = `parent_id, name, code, analyte_id, specimen, method, value_printed, value_number, comparator, unit_printed, unit_ucum,
	range_printed, range_low, range_high, range_low_open, range_high_open, flag_printed, direction, flag_conflict, unit_problem,
	status, absent_reason, note, laboratory, effective_at, released_at`

// xPrinted are the same of unnested rows.
const xPrinted = `x.parent_id, x.name, x.code, x.analyte_id, x.specimen, x.method, x.value_printed, x.value_number, x.comparator, x.unit_printed, x.unit_ucum,
	x.range_printed, x.range_low, x.range_high, x.range_low_open, x.range_high_open, x.flag_printed, x.direction, x.flag_conflict, x.unit_problem,
	x.status, x.absent_reason, x.note, x.laboratory, x.effective_at, x.released_at`

// excludedPrinted are the same of rows that are there already.
const excludedPrinted = `excluded.parent_id, excluded.name, excluded.code, excluded.analyte_id, excluded.specimen, excluded.method, excluded.value_printed, excluded.value_number, excluded.comparator, excluded.unit_printed, excluded.unit_ucum,
	excluded.range_printed, excluded.range_low, excluded.range_high, excluded.range_low_open, excluded.range_high_open, excluded.flag_printed, excluded.direction, excluded.flag_conflict, excluded.unit_problem,
	excluded.status, excluded.absent_reason, excluded.note, excluded.laboratory, excluded.effective_at, excluded.released_at`

// unnested are the rows of resultColumns; $1 is the institution.
const unnested = ` from unnest($2::bigint[], $3::text[], $4::bigint[],
	$5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
	$16::text[], $17::text[], $18::text[], $19::boolean[], $20::boolean[], $21::text[], $22::text[], $23::boolean[], $24::boolean[],
	$25::text[], $26::text[], $27::text[], $28::text[], $29::timestamptz[], $30::timestamptz[], $31::bytea[])
	x (report_id, source_id, patient_id, ` + printed + `, digest)`

const addResults = `insert into results as r (institution_id, report_id, source_id, patient_id, ` + printed + `)
	select $1, x.report_id, x.source_id, x.patient_id, ` + xPrinted + unnested

// changeResults writes by way of the key's index. It forgets that staff dealt with
// a critical result where another takes its place ($32).
const changeResults = addResults + `
	on conflict (institution_id, report_id, source_id) do update set (` + printed + `) = row(` + excludedPrinted + `),
	cleared_at = case when not $32 then r.cleared_at end, cleared_by = case when not $32 then r.cleared_by end`

const addVersions = `insert into result_versions (institution_id, result_id, replaced_at, import_id, digest, ` + printed + `)
	select $1, (select r.id from results r where r.institution_id = $1 and r.report_id = x.report_id and r.source_id = x.source_id), $32, $33, x.digest, ` + xPrinted +
	unnested + ` on conflict do nothing`

const lookResults = `select r.id, r.report_id, r.source_id, r.patient_id, ` + printed + `,
	array(select v.digest from result_versions v where v.institution_id = r.institution_id and v.result_id = r.id and v.digest is not null)
	from unnest($1::text[], $2::text[], $3::text[]) k (system, number, source)
	cross join lateral (select id from reports p where p.system = k.system and p.number = k.number limit 1) p
	cross join lateral (select * from results r where r.report_id = p.id and r.source_id = k.source limit 1) r`

func (k *known) scanResults(rows pgx.Rows) error {
	var r bot.Result
	var effective, released *time.Time
	var versions [][]byte
	_, err := pgx.ForEachRow(rows, []any{(*int64)(&r.ID), (*int64)(&r.Report), &r.SourceID, (*int64)(&r.Patient),
		&r.ParentID, &r.Name, &r.Code, (*string)(&r.Analyte), (*string)(&r.Specimen), &r.Method, &r.Value.Printed, &r.Value.Number, &r.Value.Comparator, &r.Value.Unit, &r.Value.UCUM,
		&r.Interval.Printed, &r.Interval.Low, &r.Interval.High, &r.Interval.LowOpen, &r.Interval.HighOpen, &r.Flag, (*string)(&r.Direction), &r.FlagConflict, &r.UnitProblem,
		(*string)(&r.Status), &r.AbsentReason, &r.Note, &r.Laboratory, &effective, &released, &versions}, func() error {
		r.EffectiveAt, r.IssuedAt = timeOf(effective), timeOf(released)
		s := &resultState{now: r, digest: versionDigest(r), before: r, stored: true, versions: map[[16]byte]bool{}}
		for _, v := range versions {
			s.versions[[16]byte(v)] = true
		}
		k.results[resultKey{r.Report, r.SourceID}] = s
		return nil
	})
	return err
}

func (p *plan) queueResults(b *pgx.Batch) {
	m := p.importing
	var fresh, replaced, remapped, late []version
	for _, r := range p.written {
		current := version{r.now, r.digest}
		switch {
		case !r.stored:
			fresh = append(fresh, current)
		case r.replaced:
			replaced = append(replaced, current)
		case r.remapped:
			remapped = append(remapped, current)
		}
		late = append(late, r.late...)
	}
	if len(fresh) > 0 {
		b.Queue(addResults, resultColumns(m.id, fresh)...)
	}
	if len(replaced) > 0 {
		b.Queue(changeResults, append(resultColumns(m.id, replaced), true)...)
	}
	if len(remapped) > 0 {
		b.Queue(changeResults, append(resultColumns(m.id, remapped), false)...)
	}
	if len(late) > 0 {
		b.Queue(addVersions, append(resultColumns(m.id, late), m.now, m.number)...)
	}
}

// resultColumns are the parameters of unnested.
func resultColumns(id bot.InstitutionID, all []version) []any {
	text := func(of func(version) string) []string { return column(all, of) }
	number := func(of func(version) bot.Decimal) []*string {
		return column(all, func(v version) *string { return nullText(of(v).String()) })
	}
	return []any{string(id),
		column(all, func(v version) int64 { return int64(v.Report) }), text(func(v version) string { return v.SourceID }), column(all, func(v version) int64 { return int64(v.Patient) }),
		text(func(v version) string { return v.ParentID }), text(func(v version) string { return v.Name }), text(func(v version) string { return v.Code }),
		text(func(v version) string { return string(v.Analyte) }), text(func(v version) string { return string(v.Specimen) }), text(func(v version) string { return v.Method }),
		text(func(v version) string { return v.Value.Printed }), number(func(v version) bot.Decimal { return v.Value.Number }), text(func(v version) string { return v.Value.Comparator }),
		text(func(v version) string { return v.Value.Unit }), text(func(v version) string { return v.Value.UCUM }), text(func(v version) string { return v.Interval.Printed }),
		number(func(v version) bot.Decimal { return v.Interval.Low }), number(func(v version) bot.Decimal { return v.Interval.High }),
		column(all, func(v version) bool { return v.Interval.LowOpen }), column(all, func(v version) bool { return v.Interval.HighOpen }),
		text(func(v version) string { return v.Flag }), text(func(v version) string { return string(v.Direction) }),
		column(all, func(v version) bool { return v.FlagConflict }), column(all, func(v version) bool { return v.UnitProblem }),
		text(func(v version) string { return string(v.Status) }), text(func(v version) string { return v.AbsentReason }), text(func(v version) string { return v.Note }),
		text(func(v version) string { return v.Laboratory }), column(all, func(v version) *time.Time { return nullTime(v.EffectiveAt) }),
		column(all, func(v version) *time.Time { return nullTime(v.IssuedAt) }), column(all, func(v version) []byte { return v.digest[:] }),
	}
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
