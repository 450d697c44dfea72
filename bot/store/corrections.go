package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// The kinds of correction.
const (
	ResultCorrected  = "corrected"
	ResultWithdrawn  = "withdrawn"
	ResultReassigned = "reassigned" // it is another patient's
)

// resultChange is a stored result that an import replaced, or that moved to
// another patient.
type resultChange struct {
	Result  bot.ResultID
	Patient bot.PatientID // whose it was when it was explained
	Report  bot.ReportID
}

// ruleCorrected is the rule of a case about an answer that no longer holds.
const ruleCorrected = "corrected-result"

// corrected opens a case, and enqueues a notice, in every conversation that was
// told something about a result that no longer holds. It is called before an
// import commits. An answer that is being written at this moment rests on what
// stood before and is stored after: a job looks again when it must be there.
func (m *importing) corrected(ctx context.Context, changed []resultChange) error {
	if len(changed) == 0 {
		return nil
	}
	if err := m.enqueue(ctx, m.tx, SecondLook{Institution: m.id, Import: m.number}, m.now.Add(secondLook)); err != nil {
		return err
	}
	return m.noLongerHolds(ctx, m.tx, m.id, "", changed, m.now)
}

// secondLook is when an answer begun before a correction is stored or dropped: a
// turn has 12 seconds and may be tried three times.
const secondLook = time.Minute

// LookAgain opens what corrected would have opened had it seen the answers that
// were being written while an import committed. It may be repeated.
func (s *Store) LookAgain(ctx context.Context, job SecondLook, now time.Time) error {
	return unavailable(s.db.In(ctx, job.Institution, func(tx pgx.Tx) error {
		changed, err := replacedBy(ctx, tx, job.Import)
		if err != nil {
			return err
		}
		return s.noLongerHolds(ctx, tx, job.Institution, "", changed, now)
	}))
}

// replacedBy are the results of which an import kept a former version.
func replacedBy(ctx context.Context, tx pgx.Tx, number int64) ([]resultChange, error) {
	rows, err := tx.Query(ctx, `select distinct x.id, x.patient_id, x.report_id from imports i
		join reports r on r.institution_id = i.institution_id and r.import_id = i.id
		join results x on x.institution_id = r.institution_id and x.report_id = r.id
		join result_versions v on v.institution_id = x.institution_id and v.result_id = x.id
		where i.id = $1 and v.replaced_at >= i.at`, number)
	if err != nil {
		return nil, fmt.Errorf("store: replaced results of import %d: %w", number, err)
	}
	changed, err := pgx.CollectRows(rows, scanChange)
	if err != nil {
		return nil, fmt.Errorf("store: replaced results of import %d: %w", number, err)
	}
	return changed, nil
}

func scanChange(row pgx.CollectableRow) (c resultChange, err error) {
	err = row.Scan((*int64)(&c.Result), (*int64)(&c.Patient), (*int64)(&c.Report))
	return c, err
}

// reassigned is noLongerHolds for whole reports that are another patient's now.
func (s *Store) reassigned(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, from bot.PatientID, reports []int64, now time.Time) error {
	rows, err := tx.Query(ctx, `select id, $2::bigint, report_id from results where report_id = any($1)`, reports, int64(from))
	if err != nil {
		return fmt.Errorf("store: results of reports %d: %w", reports, err)
	}
	changed, err := pgx.CollectRows(rows, scanChange)
	if err != nil {
		return fmt.Errorf("store: results of reports %d: %w", reports, err)
	}
	return s.noLongerHolds(ctx, tx, id, ResultReassigned, changed, now)
}

func (s *Store) noLongerHolds(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, kind string, changed []resultChange, now time.Time) error {
	if len(changed) == 0 {
		return nil
	}
	told, err := toldOf(ctx, tx, kind, changed)
	if err != nil {
		return err
	}
	for _, c := range grouped(told) {
		if err := s.openCorrection(ctx, tx, id, c, now); err != nil {
			return err
		}
	}
	return nil
}

// correction is what changed for one conversation in one report.
type correction struct {
	conversation bot.ConversationID
	patient      bot.PatientID
	report       bot.ReportID
	kind         string
	results      []int64
	versions     []int64
}

// grouped makes one correction of each conversation and report, in the order in
// which conversations are locked. A withdrawal among corrections is a correction.
func grouped(told []telling) (all []correction) {
	for _, t := range told {
		i := slices.IndexFunc(all, func(c correction) bool { return c.conversation == t.conversation && c.report == t.Report })
		if i < 0 {
			i = len(all)
			all = append(all, correction{conversation: t.conversation, patient: t.Patient, report: t.Report, kind: t.kind})
		}
		c := &all[i]
		if c.kind != t.kind {
			c.kind = ResultCorrected
		}
		if !slices.Contains(c.results, int64(t.Result)) {
			c.results = append(c.results, int64(t.Result))
		}
		if t.version != 0 && !slices.Contains(c.versions, t.version) {
			c.versions = append(c.versions, t.version)
		}
	}
	return all
}

// openCorrection opens or joins the conversation's case and enqueues the notice.
// It stands in the import's transaction: no correction is stored without them.
func (s *Store) openCorrection(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, r correction, now time.Time) error {
	c, err := lockThread(ctx, tx, r.conversation)
	if err != nil {
		return err
	}
	trigger := bot.Trigger{Level: bot.LevelReview, Rule: ruleCorrected}
	if err := s.openCase(ctx, tx, &c, bot.CaseReason{Level: bot.LevelReview, Trigger: trigger, Result: bot.ResultID(r.results[0])}, 0, now); err != nil {
		return err
	}
	var number int64
	err = tx.QueryRow(ctx, `with raised as (
			update conversations set level = 'review' where id = $2 and level = 'none'
		)
		insert into corrections (institution_id, conversation_id, patient_id, report_id, case_id, kind, results, versions, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
		string(id), int64(c.ID), int64(r.patient), int64(r.report), int64(c.Case), r.kind, r.results, orEmpty(r.versions), now).Scan(&number)
	if err != nil {
		return fmt.Errorf("store: correction in conversation %d: %w", c.ID, err)
	}
	return s.enqueue(ctx, tx, CorrectionNotice{Institution: id, Correction: number}, time.Time{})
}

// telling is one changed result and one conversation that was told of it.
type telling struct {
	resultChange
	conversation bot.ConversationID
	version      int64 // of result_versions: the newest that was replaced, 0 if none
	kind         string
}

// toldOf finds who was told of the changed results. An answer that is on its way
// counts: it will arrive before the notice. The terminal is no patient.
func toldOf(ctx context.Context, tx pgx.Tx, kind string, changed []resultChange) (all []telling, err error) {
	whose := map[int64]resultChange{}
	for _, c := range changed {
		whose[int64(c.Result)] = c
	}
	var ids []int64
	for id := range whose {
		ids = append(ids, id)
	}
	rows, err := tx.Query(ctx, selectTold, ids, OperatorChannel, kind == ResultReassigned)
	if err != nil {
		return nil, fmt.Errorf("store: answers about changed results: %w", err)
	}
	var t telling
	var result int64
	var facts []byte
	var now stated
	var again bool
	_, err = pgx.ForEachRow(rows, []any{&result, (*int64)(&t.conversation), &facts, &t.version, &again, &now.Printed, &now.Comparator, &now.Unit, &now.Interval, &now.Flag,
		(*string)(&now.Status), (*string)(&now.Analyte), &now.At, (*string)(&now.Direction)}, func() error {
		t.resultChange = whose[result]
		holds, err := stillSaid(facts, bot.ResultID(result), now)
		if err != nil || holds && !again && kind == "" {
			return err
		}
		if t.kind = kind; kind == "" {
			t.kind = ResultCorrected
			if !now.Status.Usable() {
				t.kind = ResultWithdrawn
			}
		}
		all = append(all, t)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: answers about changed results: %w", err)
	}
	return all, nil
}

// selectTold reads each answer that used one of the results with what the result
// says now, unless its conversation has a correction of this very version, or
// knows already that the result is another patient's; $3: it moved to another
// patient, to whom it was rightly explained. "again" is true where an earlier
// correction said that the explanation no longer holds: a value that returns is
// told too.
const selectTold = `
select u.result_id, d.conversation_id, d.facts, coalesce(v.id, 0),
	(v.value_printed, v.unit_printed, v.range_printed, v.flag_printed, v.status in ('final', 'amended', 'corrected'))
		is distinct from (x.value_printed, x.unit_printed, x.range_printed, x.flag_printed, x.status in ('final', 'amended', 'corrected'))
		and exists (select from corrections k where k.conversation_id = d.conversation_id and u.result_id = any(k.results)),
	x.value_printed, x.comparator, x.unit_printed, x.range_printed, x.flag_printed, x.status, x.analyte_id, x.effective_at,
	case when x.flag_conflict or x.unit_problem then 'unknown' else x.direction end
from decision_results u
join decisions d on d.institution_id = u.institution_id and d.id = u.decision_id
join conversations c on c.institution_id = d.institution_id and c.id = d.conversation_id
join results x on x.institution_id = u.institution_id and x.id = u.result_id
left join lateral (select * from result_versions v where v.institution_id = x.institution_id and v.result_id = x.id order by v.id desc limit 1) v on true
where u.result_id = any($1) and c.channel <> $2
	and exists (select from outbox o where o.institution_id = d.institution_id and o.conversation_id = d.conversation_id and o.decision_id = d.id
		and o.state not in ('failed', 'suppressed'))
	and case when $3 then d.patient_id is distinct from x.patient_id
		else not exists (select from corrections k where k.conversation_id = d.conversation_id and (v.id = any(k.versions)
			or k.kind = 'reassigned' and u.result_id = any(k.results) and d.patient_id is distinct from x.patient_id)) end
order by d.conversation_id, x.report_id, u.result_id, d.id`

// stated is what a result says now, in the words an answer may have used.
type stated struct {
	Printed, Comparator, Unit, Interval, Flag string
	Status                                    bot.ResultStatus
	Analyte                                   bot.AnalyteID
	At                                        *time.Time
	Direction                                 bot.Direction
}

// stillSaid reports whether everything an answer's evidence said of a result is
// still so: a report that was only issued again alarms nobody.
func stillSaid(facts []byte, result bot.ResultID, now stated) (bool, error) {
	var all []bot.Fact
	if err := json.Unmarshal(facts, &all); err != nil {
		return false, fmt.Errorf("store: facts about result %d: %w", result, err)
	}
	for _, f := range all {
		if f.Result == result {
			return now.is(f.Value, f.Interval, f.Direction, f.At) && f.Flag == now.Flag && f.Analyte == now.Analyte, nil
		}
		for _, p := range f.Previous {
			if p.Result == result {
				return now.is(p.Value, p.Interval, p.Direction, p.At) && f.Analyte == now.Analyte, nil
			}
		}
	}
	return false, nil
}

func (now stated) is(v bot.Value, i bot.Interval, d bot.Direction, at time.Time) bool {
	sameTime := now.At == nil && at.IsZero() || now.At != nil && now.At.Equal(at)
	return now.Status.Usable() && sameTime && v.Printed == now.Printed && v.Comparator == now.Comparator && v.Unit == now.Unit && i.Printed == now.Interval && d == now.Direction
}
