package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// AddInstitution adds an institution with its proposed critical values.
func (s *Store) AddInstitution(ctx context.Context, inst bot.Institution, proposals []bot.Critical, now time.Time) error {
	return s.db.In(ctx, inst.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into institutions (id, name, time_zone, demo, created_at) values ($1, $2, $3, $4, $5)`,
			string(inst.ID), inst.Name, inst.TimeZone, inst.Demo, now)
		if duplicate(err) {
			return bot.Errorf(bot.KindConflict, "There is an institution of this name already.", "store: institution %s exists", inst.ID)
		}
		if err != nil {
			return fmt.Errorf("store: add institution %s: %w", inst.ID, err)
		}
		b := &pgx.Batch{}
		for _, c := range proposals {
			for _, line := range []struct {
				side  bot.Direction
				bound bot.Decimal
			}{{bot.DirectionLow, c.Low}, {bot.DirectionHigh, c.High}} {
				if line.bound.Valid() {
					b.Queue(`insert into critical_values (institution_id, analyte_id, specimen, side, bound, unit_ucum, action, valid_hours, source, approved_by)
						values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
						string(inst.ID), string(c.Analyte), string(c.Specimen), string(line.side), line.bound, c.UCUM, c.Action.String(), c.ValidHours, c.Source, c.ApprovedBy)
				}
			}
		}
		queueAudit(b, inst.ID, now, bot.Actor{Kind: "operator"}, "institution.add", subject{})
		if err := send(ctx, tx, b); err != nil {
			return fmt.Errorf("store: critical values of %s: %w", inst.ID, err)
		}
		return nil
	})
}

// Institutions lists all, by id.
func (s *Store) Institutions(ctx context.Context) ([]bot.Institution, error) {
	rows, err := s.db.Pool.Query(ctx, `select id, name, time_zone, demo from institutions order by id`)
	if err != nil {
		return nil, unavailable(err)
	}
	all, err := pgx.CollectRows(rows, scanInstitution)
	return all, unavailable(err)
}

// Institution is one institution.
func (s *Store) Institution(ctx context.Context, id bot.InstitutionID) (bot.Institution, error) {
	rows, err := s.db.Pool.Query(ctx, `select id, name, time_zone, demo from institutions where id = $1`, string(id))
	if err != nil {
		return bot.Institution{}, unavailable(err)
	}
	inst, err := pgx.CollectExactlyOneRow(rows, scanInstitution)
	if noRows(err) {
		return inst, bot.Errorf(bot.KindNotFound, "There is no such institution; `careline institution list` shows them.", "store: institution %s not found", id)
	}
	return inst, unavailable(err)
}

func scanInstitution(row pgx.CollectableRow) (inst bot.Institution, err error) {
	err = row.Scan((*string)(&inst.ID), &inst.Name, &inst.TimeZone, &inst.Demo)
	return inst, err
}

// DemoExists reports whether an institution of invented people exists, whose
// sign-ins everybody knows.
func (s *Store) DemoExists(ctx context.Context) (exists bool, err error) {
	err = s.db.Pool.QueryRow(ctx, `select exists (select from institutions where demo)`).Scan(&exists)
	return exists, unavailable(err)
}

// CriticalTable is the institution's critical values, proposals included.
func (s *Store) CriticalTable(ctx context.Context, id bot.InstitutionID) (table []bot.Critical, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select analyte_id, specimen, side, bound, unit_ucum, action, valid_hours, source, approved_by
			from critical_values order by analyte_id, specimen, side`)
		if err != nil {
			return err
		}
		table, err = pgx.CollectRows(rows, scanCritical)
		return err
	})
	return table, unavailable(err)
}

func scanCritical(row pgx.CollectableRow) (bot.Critical, error) {
	var c bot.Critical
	var bound bot.Decimal
	var action string
	err := row.Scan((*string)(&c.Analyte), (*string)(&c.Specimen), (*string)(&c.Side), &bound, &c.UCUM, &action, &c.ValidHours, &c.Source, &c.ApprovedBy)
	if err != nil {
		return c, err
	}
	if c.Side == bot.DirectionLow {
		c.Low = bound
	} else {
		c.High = bound
	}
	c.Action, err = bot.ParseTier(action)
	return c, err
}
