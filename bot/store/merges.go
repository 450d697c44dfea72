package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Merge says that two patients are one person: what Retired had is Survivor's.
type Merge struct {
	ID       int64
	Survivor bot.PatientID
	Retired  bot.PatientID
	At       time.Time
	By       bot.Actor
	Source   string    // "staff" or "adt-a40"
	UndoneAt time.Time // zero while it stands
}

// MergePatients makes retired part of survivor: reports with their results,
// identifiers and open cases move in one transaction, recorded so that
// UnmergePatients can give them back. Patients whose birth dates or sexes
// contradict are refused with KindConflict, and so are a patient who was merged
// before and a survivor who is retired: merge into the one that stands.
//
// Bindings end. Who bound to the retired patient gave a code and a second factor
// for that record only; birth date and sex do not prove more, for twins share
// them. These accounts are told, and see the results again after binding again.
// A binding to the survivor stands: the institution now says whose the reports
// are, as with every report that comes in.
func (s *Store) MergePatients(ctx context.Context, id bot.InstitutionID, by bot.Actor, survivor, retired bot.PatientID, now time.Time) error {
	return s.staffMerge(ctx, id, merging{survivor: survivor, retired: retired, by: by, source: "staff", now: now})
}

// MergeContradicting is MergePatients for two whose birth dates or sexes
// contradict because one of them was entered wrong. The reason is kept; it must
// say nothing about the patient.
func (s *Store) MergeContradicting(ctx context.Context, id bot.InstitutionID, by bot.Actor, survivor, retired bot.PatientID, reason string, now time.Time) error {
	if reason == "" {
		return bot.Errorf(bot.KindInvalid, "请写下合并的理由。 Please give a reason.", "store: merge of patients %d and %d without a reason", survivor, retired)
	}
	return s.staffMerge(ctx, id, merging{survivor: survivor, retired: retired, by: by, source: "staff", reason: reason, now: now})
}

func (s *Store) staffMerge(ctx context.Context, id bot.InstitutionID, m merging) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error { return s.mergePatients(ctx, tx, id, m) }))
}

// merging is one merge on its way.
type merging struct {
	survivor, retired bot.PatientID
	by                bot.Actor
	source            string
	importID          int64
	reason            string
	now               time.Time
}

func (s *Store) mergePatients(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, m merging) error {
	if err := m.allowed(ctx, tx); err != nil {
		return err
	}
	merge, err := m.move(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("store: merge patient %d into %d: %w", m.retired, m.survivor, err)
	}
	b := &pgx.Batch{}
	b.Queue(`update patients set merged_into = $2 where id = $1`, int64(m.retired), int64(m.survivor))
	b.Queue(`delete from bind_codes where patient_id = $1`, int64(m.retired))
	b.Queue(`insert into case_events (institution_id, case_id, at, actor_kind, actor_id, kind)
		select institution_id, unnest(cases || joined_cases), $2, by_kind, by_id, 'merged' from patient_merges where id = $1`, merge, m.now)
	queueAudit(b, id, m.now, m.by, "patient.merge", subject{"merge", merge})
	if err := send(ctx, tx, b); err != nil {
		return fmt.Errorf("store: merge %d: %w", merge, err)
	}
	return s.afterMove(ctx, tx, id, moved{merge: merge, to: m.survivor, bound: `select unnest(bindings) from patient_merges where id = $1`}, m.now)
}

// allowed locks both and checks them. Conversations are locked first, as
// everybody does.
func (m merging) allowed(ctx context.Context, tx pgx.Tx) error {
	if m.survivor == m.retired {
		return bot.Errorf(bot.KindInvalid, "不能和自己合并。 A patient cannot be merged with themselves.", "store: patient %d merged with themselves", m.survivor)
	}
	if err := lockThreadsOf(ctx, tx, m.retired); err != nil {
		return err
	}
	survivor, err := lockPerson(ctx, tx, m.survivor, m.retired)
	if err != nil {
		return err
	}
	retired, err := lockPerson(ctx, tx, m.retired, m.survivor)
	if err != nil {
		return err
	}
	switch {
	case retired.mergedInto != 0:
		return bot.Errorf(bot.KindConflict, "这位患者已经合并过了。 This patient was merged before.", "store: patient %d is merged into %d", m.retired, retired.mergedInto)
	case survivor.mergedInto != 0:
		return bot.Errorf(bot.KindConflict, "保留的这位已经并入另一位，请合并到那一位。 The survivor was merged into somebody else; merge into that patient.", "store: patient %d is merged into %d", m.survivor, survivor.mergedInto)
	case m.reason == "" && contradict(survivor, retired) != "":
		return bot.Errorf(bot.KindConflict, "两位患者的出生日期或性别不一致，没有合并。 Birth date or sex of the two contradict; they were not merged.", "store: merge of patients %d and %d: %s", m.survivor, m.retired, contradict(survivor, retired))
	}
	return nil
}

// move gives the survivor what the retired patient had and records it. A case
// about a patient nobody can write to joins the survivor's open one.
func (m merging) move(ctx context.Context, tx pgx.Tx, id bot.InstitutionID) (merge int64, err error) {
	err = tx.QueryRow(ctx, `with same_case as (
			select k.id, k.due_at from cases k where k.patient_id = $3 and k.conversation_id is null and k.closed_at is null
		), moved as (
			update reports set patient_id = $2 where patient_id = $3 returning id
		), moved_results as (
			update results set patient_id = $2 where patient_id = $3
		), identified as (
			update patient_identifiers set patient_id = $2 where patient_id = $3 returning id
		), ended as (
			update bindings set ended_at = $4 where patient_id = $3 and ended_at is null returning id
		), cleared as (
			update conversations set patient_id = null where patient_id = $3 returning id
		), kept as (
			update cases k set due_at = least(k.due_at, o.due_at) from same_case o
			where k.patient_id = $2 and k.conversation_id is null and k.closed_at is null returning o.id
		), joined as (
			update cases set closed_at = $4, outcome = 'merged' where id in (select id from kept) returning id
		), moved_cases as (
			update cases set patient_id = $2 where patient_id = $3 and closed_at is null and not (conversation_id is null and exists (
				select from cases k where k.patient_id = $2 and k.conversation_id is null and k.closed_at is null)) returning id
		)
		insert into patient_merges (institution_id, survivor_id, retired_id, merged_at, by_kind, by_id, source, import_id, reason,
			reports, identifiers, bindings, conversations, cases, joined_cases)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, array(select id from moved), array(select id from identified), array(select id from ended),
			array(select id from cleared), array(select id from moved_cases), array(select id from joined)
		returning id`,
		string(id), int64(m.survivor), int64(m.retired), m.now, m.by.Kind, m.by.ID, m.source, orNull(m.importID), m.reason).Scan(&merge)
	return merge, err
}
