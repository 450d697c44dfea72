package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// CriticalLine is one side of an institution's critical value, with its approval.
type CriticalLine struct {
	Key        CriticalKey
	Bound      bot.Decimal // critical at or beyond
	UCUM       string
	Action     bot.Tier // TierNow or TierToday
	ValidHours int
	Source     string
	ApprovedBy string    // "" while a proposal; proposals fire too
	ApprovedAt time.Time // zero while a proposal
}

// CriticalKey names a line: there is one for each end of what is measured.
type CriticalKey struct {
	Analyte  bot.AnalyteID
	Specimen bot.Specimen
	Side     bot.Direction // DirectionLow or DirectionHigh
}

// String is the key as commands and files name it: "K/blood/high".
func (k CriticalKey) String() string {
	return string(k.Analyte) + "/" + string(k.Specimen) + "/" + string(k.Side)
}

// ParseCriticalKey reads what String writes.
func ParseCriticalKey(s string) (CriticalKey, error) {
	parts := strings.Split(s, "/")
	if len(parts) != 3 || parts[2] != string(bot.DirectionLow) && parts[2] != string(bot.DirectionHigh) {
		return CriticalKey{}, bot.Errorf(bot.KindInvalid, "Name a critical value like K/blood/high.", "store: no key of a critical value")
	}
	return CriticalKey{bot.AnalyteID(parts[0]), bot.Specimen(parts[1]), bot.Direction(parts[2])}, nil
}

// sameRule reports whether two lines fire alike for the same reason; approval aside.
func (l CriticalLine) sameRule(m CriticalLine) bool {
	return l.Key == m.Key && l.Bound.Cmp(m.Bound) == 0 && l.UCUM == m.UCUM && l.Action == m.Action && l.ValidHours == m.ValidHours && l.Source == m.Source
}

func (l CriticalLine) sameApproval(m CriticalLine) bool {
	return l.ApprovedBy == m.ApprovedBy && l.ApprovedAt.Equal(m.ApprovedAt)
}

// CriticalLines are the institution's critical values with their approvals, in
// the order of their keys.
func (s *Store) CriticalLines(ctx context.Context, id bot.InstitutionID) (lines []CriticalLine, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) (err error) {
		lines, err = readCritical(ctx, tx)
		return err
	})
	return lines, unavailable(err)
}

func readCritical(ctx context.Context, tx pgx.Tx) ([]CriticalLine, error) {
	rows, err := tx.Query(ctx, `select analyte_id, specimen, side, bound, unit_ucum, action, valid_hours, source, approved_by, approved_at
		from critical_values order by analyte_id, specimen, side desc`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l CriticalLine, err error) {
		var action string
		var approved *time.Time
		err = row.Scan((*string)(&l.Key.Analyte), (*string)(&l.Key.Specimen), (*string)(&l.Key.Side), &l.Bound, &l.UCUM, &action, &l.ValidHours, &l.Source, &l.ApprovedBy, &approved)
		if err != nil {
			return l, err
		}
		if approved != nil {
			l.ApprovedAt = *approved
		}
		l.Action, err = bot.ParseTier(action)
		return l, err
	})
}

// SaveCritical replaces the lines that were read as was: all of the changes or
// none. It refuses with KindConflict when somebody changed them since.
func (s *Store) SaveCritical(ctx context.Context, id bot.InstitutionID, by bot.Actor, was []CriticalLine, changes CriticalChanges, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select from institutions where id = $1 for no key update`, string(id)); err != nil {
			return err
		}
		stored, err := readCritical(ctx, tx)
		if err != nil {
			return err
		}
		if !slices.EqualFunc(stored, was, func(a, b CriticalLine) bool { return a.sameRule(b) && a.sameApproval(b) }) {
			return bot.Errorf(bot.KindConflict, "The critical values were changed meanwhile; export them again.", "store: critical values of %s changed", id)
		}
		b := &pgx.Batch{}
		for _, l := range slices.Concat(changes.Added, changes.Changed) {
			b.Queue(`insert into critical_values (institution_id, analyte_id, specimen, side, bound, unit_ucum, action, valid_hours, source, approved_by, approved_at)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
				on conflict (institution_id, analyte_id, specimen, side) do update set bound = excluded.bound, unit_ucum = excluded.unit_ucum, action = excluded.action,
					valid_hours = excluded.valid_hours, source = excluded.source, approved_by = excluded.approved_by, approved_at = excluded.approved_at`,
				string(id), string(l.Key.Analyte), string(l.Key.Specimen), string(l.Key.Side), l.Bound, l.UCUM, l.Action.String(), l.ValidHours, l.Source, l.ApprovedBy, orNullTime(l.ApprovedAt))
		}
		for _, k := range changes.Removed {
			b.Queue(`delete from critical_values where analyte_id = $1 and specimen = $2 and side = $3`, string(k.Analyte), string(k.Specimen), string(k.Side))
		}
		if err := queueCriticalAudit(b, id, now, by, "critical.import", changes); err != nil {
			return err
		}
		if err := send(ctx, tx, b); err != nil {
			return fmt.Errorf("store: critical values of %s: %w", id, err)
		}
		return nil
	}))
}

// queueCriticalAudit records which lines changed; they are about no person.
func queueCriticalAudit(b *pgx.Batch, id bot.InstitutionID, now time.Time, by bot.Actor, action string, changes CriticalChanges) error {
	detail, err := json.Marshal(changes.keys())
	if err != nil {
		return fmt.Errorf("store: critical values of %s: %w", id, err)
	}
	b.Queue(`insert into audit (institution_id, at, actor_kind, actor_id, action, detail) values ($1, $2, $3, $4, $5, $6)`, string(id), now, by.Kind, by.ID, action, detail)
	return nil
}

// ApproveCritical approves the proposals of some analytes, of all without any
// named, and returns how many lines. Approved lines stay as they are.
func (s *Store) ApproveCritical(ctx context.Context, id bot.InstitutionID, by bot.Actor, approver string, on time.Time, analytes []bot.AnalyteID, now time.Time) (approved int, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `update critical_values set approved_by = $1, approved_at = $2 where approved_by = '' and (cardinality($3::text[]) = 0 or analyte_id = any($3))
			returning analyte_id, specimen, side`, approver, on, orEmpty(analytes))
		if err != nil {
			return err
		}
		keys, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CriticalKey])
		if err != nil {
			return err
		}
		if approved = len(keys); approved == 0 {
			return nil
		}
		var changes CriticalChanges
		for _, k := range keys {
			changes.Changed = append(changes.Changed, CriticalLine{Key: k})
		}
		b := &pgx.Batch{}
		if err := queueCriticalAudit(b, id, now, by, "critical.approve", changes); err != nil {
			return err
		}
		return send(ctx, tx, b)
	})
	return approved, unavailable(err)
}
