package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
	"careline/retrieval/labs"
)

// ReportTriage looks at new results for critical values without anybody asking.
type ReportTriage struct {
	Store    *store.Store
	Guard    *guard.Guard
	Finder   *labs.Finder
	Critical func(context.Context, bot.InstitutionID) ([]bot.Critical, error)
}

// Triage opens a case for a report with a critical result. Where the patient, or
// somebody who acts for them, is bound and agreed, the reviewed text goes to them
// in the same transaction; where nobody can be written to, staff must phone.
func (r *ReportTriage) Triage(ctx context.Context, job store.TriageReport, now time.Time) error {
	facts, err := r.criticalFacts(ctx, job, now)
	if err != nil || len(facts) == 0 {
		return err
	}
	why := bot.CaseReason{Level: bot.LevelEmergency, Result: facts[0].Result,
		Trigger: bot.Trigger{Level: bot.LevelEmergency, Rule: "critical", Term: string(facts[0].Analyte)}}
	bound, err := r.Store.BoundConversations(ctx, job.Institution, job.Patient)
	if err != nil {
		return err
	}
	if len(bound) == 0 {
		return r.Store.OpenForPatient(ctx, job.Institution, job.Patient, why, now)
	}
	onShift, err := r.Store.OnShift(ctx, job.Institution, now)
	if err != nil {
		return err
	}
	for _, c := range bound {
		text, errText := r.Guard.Safety("critical", c.Language, guard.SafetySlots{OnShift: onShift, CaseCommitted: true, Relation: c.Relation, Sex: c.Sex, Facts: facts})
		if errText != nil {
			return fmt.Errorf("jobs: critical text for conversation %d: %w", c.ID, errText)
		}
		err = errors.Join(err, r.Store.CriticalResult(ctx, job.Institution, c.ID, why, text, now))
	}
	return err
}

func (r *ReportTriage) criticalFacts(ctx context.Context, job store.TriageReport, now time.Time) ([]bot.Fact, error) {
	inst, err := r.Store.Institution(ctx, job.Institution)
	if err != nil {
		return nil, err
	}
	table, err := r.Critical(ctx, job.Institution)
	if err != nil {
		return nil, err
	}
	facts, err := r.Finder.ReportFacts(ctx, inst, job.Patient, job.Report, now)
	if err != nil {
		return nil, fmt.Errorf("jobs: results of report %d: %w", job.Report, err)
	}
	var met []bot.Fact
	for _, f := range facts {
		if f.Critical = guard.Meets(f, table, now); f.Critical != nil {
			met = append(met, f)
		}
	}
	return met, nil
}
