package store

import (
	"cmp"
	"slices"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// identified is an identifier to add.
type identified struct {
	bot.Identifier
	patient bot.PatientID
}

// expecting queues a statement that must write so many rows; fewer mean that
// another import was quicker.
type expecting func(sql string, rows int, args ...any)

// savePeople adds the new and completes the known. What another import learned
// of them meanwhile stays.
const savePeople = `insert into patients as p (institution_id, id, name_enc, name_hash, phone_enc, phone_hash, sex, birth_date, pregnant, created_at)
	overriding system value
	select $1, x.*, $10 from unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::text[], $8::text[], $9::boolean[]) x
	on conflict (institution_id, id) do update set
		sex = case when p.sex = 'unknown' then excluded.sex else p.sex end,
		birth_date = case when starts_with(excluded.birth_date, p.birth_date) then excluded.birth_date else p.birth_date end,
		name_enc = coalesce(p.name_enc, excluded.name_enc), name_hash = coalesce(p.name_hash, excluded.name_hash),
		phone_enc = coalesce(p.phone_enc, excluded.phone_enc), phone_hash = coalesce(p.phone_hash, excluded.phone_hash)`

// In the order of the key, so that two imports wait for each other one way only.
const addIdentifiers = `insert into patient_identifiers (institution_id, system, type, value, patient_id)
	select $1, x.* from unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) x (system, type, value, patient)
	order by x.system, x.type, x.value on conflict do nothing`

func (p *plan) queuePeople(b *pgx.Batch, expect expecting) error {
	m := p.importing
	if people := append(p.newcomers, p.learned...); len(people) > 0 {
		slices.SortFunc(people, func(a, b *person) int { return cmp.Compare(a.id, b.id) })
		sealed, err := m.seal(people)
		if err != nil {
			return err
		}
		b.Queue(savePeople, string(m.id), column(people, func(w *person) int64 { return int64(w.id) }), sealed[0], sealed[1], sealed[2], sealed[3],
			column(people, func(w *person) string { return string(w.sex) }), column(people, func(w *person) string { return string(w.born) }),
			column(people, func(w *person) bool { return w.pregnant }), m.now)
	}
	if all := p.identified; len(all) > 0 {
		expect(addIdentifiers, len(all), string(m.id), column(all, func(i identified) string { return i.System }), column(all, func(i identified) string { return i.Type }),
			column(all, func(i identified) string { return i.Value }), column(all, func(i identified) int64 { return int64(i.patient) }))
	}
	return nil
}

// seal encrypts names and phones, each with its keyed hash: name, hash, phone, hash.
func (m *importing) seal(people []*person) (columns [4][][]byte, err error) {
	for i := range columns {
		columns[i] = make([][]byte, len(people))
	}
	for row, w := range people {
		for i, of := range []struct {
			field
			text bot.Text
		}{{patientName(m.id), w.name}, {patientPhone(m.id), w.phone}} {
			if columns[2*i][row], err = m.vault.encrypt(of.field, of.text); err != nil {
				return columns, err
			}
			if columns[2*i+1][row], err = m.vault.lookup(of.field, of.text); err != nil {
				return columns, err
			}
		}
	}
	return columns, nil
}

// column is one column of rows, for unnest.
func column[R, V any](rows []R, value func(R) V) []V {
	all := make([]V, len(rows))
	for i, r := range rows {
		all[i] = value(r)
	}
	return all
}
