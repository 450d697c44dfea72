package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// UnmergePatients takes a merge back: the retired patient gets exactly the
// reports (with their results), identifiers and open cases that had moved and
// are still the survivor's, and the bindings that had ended. What came for the
// survivor after the merge stays there. A merge whose survivor was merged on is
// refused with KindConflict until that merge is undone; merges of different
// patients into one may be undone in any order.
//
// Bindings to the survivor made while the merge stood end: nobody can tell which
// of the two they were meant for. Answers that explained the moved results as
// the survivor's open a case and a notice, as any re-assigned result does.
func (s *Store) UnmergePatients(ctx context.Context, id bot.InstitutionID, by bot.Actor, merge int64, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		m, err := standing(ctx, tx, merge)
		if err != nil {
			return err
		}
		reports, err := giveBack(ctx, tx, m)
		if err != nil {
			return fmt.Errorf("store: undo merge %d: %w", merge, err)
		}
		ended, err := rebind(ctx, tx, m, now)
		if err != nil {
			return fmt.Errorf("store: bindings of merge %d: %w", merge, err)
		}
		b := &pgx.Batch{}
		b.Queue(`update patients set merged_into = null where id = $1`, int64(m.Retired))
		b.Queue(`update patient_merges set undone_at = $2, undone_by_kind = $3, undone_by_id = $4 where id = $1`, merge, now, by.Kind, by.ID)
		b.Queue(`insert into case_events (institution_id, case_id, at, actor_kind, actor_id, kind)
			select k.institution_id, k.id, $3, $4, $5, 'unmerged' from cases k where k.patient_id = $2 and k.closed_at is null
			and k.id = any((select cases || joined_cases from patient_merges where id = $1)::bigint[])`, merge, int64(m.Retired), now, by.Kind, by.ID)
		queueAudit(b, id, now, by, "patient.unmerge", subject{"merge", merge})
		if err := send(ctx, tx, b); err != nil {
			return fmt.Errorf("store: undo merge %d: %w", merge, err)
		}
		if err := s.reassigned(ctx, tx, id, m.Survivor, reports, now); err != nil {
			return err
		}
		return s.afterMove(ctx, tx, id, moved{merge: merge, undone: true, to: m.Retired, bound: ended}, now)
	}))
}

// standing locks a merge that can be undone, with all it concerns.
func standing(ctx context.Context, tx pgx.Tx, merge int64) (m Merge, err error) {
	m, err = mergeRow(ctx, tx, merge)
	if err != nil {
		return m, err
	}
	if err := lockThreadsOf(ctx, tx, m.Survivor, m.Retired); err != nil {
		return m, err
	}
	survivor, err := lockPerson(ctx, tx, m.Survivor, m.Retired)
	if err != nil {
		return m, err
	}
	if m, err = mergeRow(ctx, tx, merge); err != nil {
		return m, err
	}
	switch {
	case !m.UndoneAt.IsZero():
		return m, bot.Errorf(bot.KindConflict, "这次合并已经撤销了。 This merge was undone before.", "store: merge %d is undone", merge)
	case survivor.mergedInto != 0:
		return m, bot.Errorf(bot.KindConflict, "保留的这位后来又并入了另一位，请先撤销那次合并。 The survivor was merged into somebody else since; undo that merge first.", "store: merge %d: patient %d is merged into %d", merge, m.Survivor, survivor.mergedInto)
	}
	return m, nil
}

const selectMerge = `select id, survivor_id, retired_id, merged_at, by_kind, by_id, source, undone_at from patient_merges`

func scanMerge(row pgx.CollectableRow) (m Merge, err error) {
	var undone *time.Time
	err = row.Scan(&m.ID, (*int64)(&m.Survivor), (*int64)(&m.Retired), &m.At, &m.By.Kind, &m.By.ID, &m.Source, &undone)
	if undone != nil {
		m.UndoneAt = *undone
	}
	return m, err
}

func mergeRow(ctx context.Context, tx pgx.Tx, merge int64) (Merge, error) {
	rows, err := tx.Query(ctx, selectMerge+` where id = $1`, merge)
	if err != nil {
		return Merge{}, err
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanMerge)
	if noRows(err) {
		return m, bot.Errorf(bot.KindNotFound, "没有这次合并。 There is no such merge.", "store: merge %d not found", merge)
	}
	return m, err
}

// giveBack moves what the merge moved, unless somebody has moved it on since. A
// case that joined the survivor's opens again while that one is open.
func giveBack(ctx context.Context, tx pgx.Tx, m Merge) (reports []int64, err error) {
	err = tx.QueryRow(ctx, `with moved as (
			update reports r set patient_id = $3 from patient_merges m where m.id = $1 and r.id = any(m.reports) and r.patient_id = $2 returning r.id
		), results as (
			update results set patient_id = $3 where report_id in (select id from moved)
		), identified as (
			update patient_identifiers i set patient_id = $3 from patient_merges m where m.id = $1 and i.id = any(m.identifiers) and i.patient_id = $2
		), moved_cases as (
			update cases k set patient_id = $3 from patient_merges m where m.id = $1 and k.id = any(m.cases) and k.patient_id = $2 and k.closed_at is null
		), opened as (
			update cases k set closed_at = null, outcome = '' from patient_merges m where m.id = $1 and k.id = any(m.joined_cases) and k.outcome = 'merged'
				and exists (select from cases o where o.patient_id = $2 and o.closed_at is null)
		)
		select array(select id from moved)`, m.ID, int64(m.Survivor), int64(m.Retired)).Scan(&reports)
	return reports, err
}

// rebind opens the bindings the merge ended and ends those made to the survivor
// since; it returns a query of the latter.
func rebind(ctx context.Context, tx pgx.Tx, m Merge, now time.Time) (ended string, err error) {
	b := &pgx.Batch{}
	b.Queue(`update bindings set ended_at = $3 where patient_id = $1 and ended_at is null and bound_at >= $2`, int64(m.Survivor), m.At, now)
	b.Queue(`delete from bind_codes where patient_id = $1`, int64(m.Survivor))
	b.Queue(`update conversations c set patient_id = null where c.patient_id = $1 and c.channel <> $2
		and not exists (select from bindings b where b.account_id = c.account_id and b.patient_id = $1 and b.ended_at is null)`, int64(m.Survivor), OperatorChannel)
	b.Queue(`update bindings b set ended_at = null from patient_merges m where m.id = $1 and b.id = any(m.bindings)
		and not exists (select from bindings x where x.account_id = b.account_id and x.patient_id = b.patient_id and x.ended_at is null)`, m.ID)
	b.Queue(`update conversations c set patient_id = $2 from patient_merges m where m.id = $1 and c.id = any(m.conversations) and c.patient_id is null`, m.ID, int64(m.Retired))
	return `select x.id from bindings x join patient_merges m on m.id = $1 where x.patient_id = m.survivor_id and x.bound_at >= m.merged_at and x.ended_at = m.undone_at`, send(ctx, tx, b)
}
