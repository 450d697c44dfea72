package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// lockPerson reads a patient of a merge; both are locked in the order of their
// ids, so that two merges never wait for each other.
func lockPerson(ctx context.Context, tx pgx.Tx, patient, other bot.PatientID) (p person, err error) {
	if _, err := tx.Exec(ctx, `select from patients where id = any($1) order by id for update`, []int64{int64(patient), int64(other)}); err != nil {
		return p, fmt.Errorf("store: lock patient %d: %w", patient, err)
	}
	err = tx.QueryRow(ctx, `select id, sex, birth_date, coalesce(merged_into, 0) from patients where id = $1`, int64(patient)).
		Scan((*int64)(&p.id), (*string)(&p.sex), (*string)(&p.born), (*int64)(&p.mergedInto))
	if noRows(err) {
		return p, bot.Errorf(bot.KindNotFound, "没有这位患者。 There is no such patient.", "store: patient %d not found", patient)
	}
	return p, err
}

// lockThreadsOf locks the conversations of everybody bound to the patients, in
// the order of their ids.
func lockThreadsOf(ctx context.Context, tx pgx.Tx, patients ...bot.PatientID) error {
	_, err := tx.Exec(ctx, `select from conversations c where c.patient_id = any($1)
			or c.account_id in (select b.account_id from bindings b where b.patient_id = any($1) and b.ended_at is null) order by c.id for update`, numbers(patients))
	if err != nil {
		return fmt.Errorf("store: conversations of patients %d: %w", patients, err)
	}
	return nil
}

// numbers are ids as the database takes them.
func numbers[T ~int64](ids []T) []int64 {
	all := make([]int64, len(ids))
	for i, id := range ids {
		all[i] = int64(id)
	}
	return all
}

// contradict says in what two patients cannot be the same person, "" if nothing
// known speaks against it.
func contradict(a, b person) string {
	switch {
	case !agree(a.born, b.born):
		return "the birth dates contradict"
	case statedSex(a.sex) && statedSex(b.sex) && a.sex != b.sex:
		return "the sexes contradict"
	}
	return ""
}

// moved is what a merge or an unmerge leaves to be done for those concerned.
type moved struct {
	merge  int64
	undone bool
	to     bot.PatientID
	bound  string // a query of the bindings that ended
}

// moreThanOld is when a result is too old to be critical.
const moreThanOld = 30 * 24 * time.Hour

// afterMove tells whose binding ended, and looks at the moved reports again for
// critical values: others may have to be told now.
func (s *Store) afterMove(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, m moved, now time.Time) error {
	rows, err := tx.Query(ctx, `select c.id from conversations c where c.channel <> $2 and c.account_id in (
			select b.account_id from bindings b where b.id in (`+m.bound+`)) order by c.id`, m.merge, OperatorChannel)
	if err != nil {
		return fmt.Errorf("store: bindings of merge %d: %w", m.merge, err)
	}
	threads, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("store: bindings of merge %d: %w", m.merge, err)
	}
	rows, err = tx.Query(ctx, `select r.id from reports r where r.patient_id = $2 and coalesce(r.issued_at, r.created_at) > $3
		and r.id = any((select reports from patient_merges where id = $1)::bigint[]) order by r.id`, m.merge, int64(m.to), now.Add(-moreThanOld))
	if err != nil {
		return fmt.Errorf("store: reports of merge %d: %w", m.merge, err)
	}
	reports, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("store: reports of merge %d: %w", m.merge, err)
	}
	for _, c := range threads {
		if err := s.enqueue(ctx, tx, BindingNotice{Institution: id, Conversation: bot.ConversationID(c), Merge: m.merge, Undone: m.undone}, time.Time{}); err != nil {
			return err
		}
	}
	triage := map[bot.ReportID]bot.PatientID{}
	for _, r := range reports {
		triage[bot.ReportID(r)] = m.to
	}
	return s.enqueueTriage(ctx, tx, id, triage)
}
