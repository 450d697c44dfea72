package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// UnmappedName is a printed name that no analyte is known for, with where it was seen.
type UnmappedName struct {
	Name       string       `json:"name"`
	Code       string       `json:"code"` // LOINC as sent
	Specimen   bot.Specimen `json:"specimen"`
	Unit       string       `json:"unit"`
	Title      string       `json:"title"` // of the report
	Laboratory string       `json:"laboratory"`
	Source     string       `json:"source"` // the feed the report last came by
	Count      int          `json:"count"`
	LastSeen   time.Time    `json:"last_seen"`
}

// Unmapped lists names without an analyte, the most frequent first. Names that
// staff decided to leave as printed are not among them.
func (s *Store) Unmapped(ctx context.Context, id bot.InstitutionID, limit int) (all []UnmappedName, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select r.name, r.code, r.specimen, r.unit_printed, p.title, r.laboratory, coalesce(i.source, ''), count(*), max(p.updated_at)
			from results r join reports p on p.institution_id = r.institution_id and p.id = r.report_id
			left join imports i on i.institution_id = p.institution_id and i.id = p.import_id
			where r.analyte_id = '' and not exists (
				select from name_decisions d where d.institution_id = r.institution_id and d.name = r.name and d.specimen = r.specimen and d.analyte_id = '')
			group by 1, 2, 3, 4, 5, 6, 7 order by 8 desc, 1, 2, 3, 4, 5, 6, 7 limit $1`, limit)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[UnmappedName])
		return err
	})
	return all, unavailable(err)
}

// Decision is what staff say a printed name means. Name and specimen are compared
// exactly as they were printed and stored.
type Decision struct {
	bot.NameDecision
	By bot.Actor // set by Decisions
	At time.Time // set by Decisions
}

// Decide records what names mean; a later decision about a name replaces an
// earlier one. Stored results follow with Remap.
func (s *Store) Decide(ctx context.Context, id bot.InstitutionID, by bot.Actor, decisions []Decision, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		for _, d := range decisions {
			b.Queue(`insert into name_decisions (institution_id, name, specimen, analyte_id, decided_by_kind, decided_by_id, decided_at)
				values ($1, $2, $3, $4, $5, $6, $7) on conflict (institution_id, name, specimen) do update set analyte_id = excluded.analyte_id,
				decided_by_kind = excluded.decided_by_kind, decided_by_id = excluded.decided_by_id, decided_at = excluded.decided_at`,
				string(id), d.Name, string(d.Specimen), string(d.Analyte), by.Kind, by.ID, now)
		}
		queueAudit(b, id, now, by, "names.decide", subject{})
		if err := send(ctx, tx, b); err != nil {
			return fmt.Errorf("store: decide %d names: %w", len(decisions), err)
		}
		return nil
	}))
}

// Decisions are all decisions, by name. Every message asks for them: one round trip.
func (s *Store) Decisions(ctx context.Context, id bot.InstitutionID) (all []Decision, err error) {
	b := &pgx.Batch{}
	b.Queue(`select name, specimen, analyte_id, decided_by_kind, decided_by_id, decided_at from name_decisions order by name, specimen`).Query(func(rows pgx.Rows) error {
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Decision, err error) {
			err = row.Scan(&d.Name, (*string)(&d.Specimen), (*string)(&d.Analyte), &d.By.Kind, &d.By.ID, &d.At)
			return d, err
		})
		return err
	})
	return all, unavailable(s.db.Batch(ctx, id, b))
}
