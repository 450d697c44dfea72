package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"careline/bot"
	"careline/bot/postgres"
)

// TriageReport is the job of looking at a report's new results for critical
// values without anybody asking. Ids only.
type TriageReport struct {
	Institution bot.InstitutionID `json:"institution"`
	Patient     bot.PatientID     `json:"patient"`
	Report      bot.ReportID      `json:"report"`
}

// Kind names the job in River's table.
func (TriageReport) Kind() string { return "triage_report" }

// CorrectionNotice is the job of telling a conversation that results explained in
// it have changed. Ids only.
type CorrectionNotice struct {
	Institution bot.InstitutionID `json:"institution"`
	Correction  int64             `json:"correction"`
}

// Kind names the job in River's table.
func (CorrectionNotice) Kind() string { return "correction_notice" }

// SecondLook is the job of looking again for answers about results that an
// import replaced. Ids only.
type SecondLook struct {
	Institution bot.InstitutionID `json:"institution"`
	Import      int64             `json:"import"`
}

// Kind names the job in River's table.
func (SecondLook) Kind() string { return "second_look" }

// BindingNotice is the job of telling a conversation that its binding ended with
// a merge, or with one that was undone. Ids only.
type BindingNotice struct {
	Institution  bot.InstitutionID  `json:"institution"`
	Conversation bot.ConversationID `json:"conversation"`
	Merge        int64              `json:"merge"`
	Undone       bool               `json:"undone"`
}

// Kind names the job in River's table.
func (BindingNotice) Kind() string { return "binding_notice" }

func enqueueTriage(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, patient bot.PatientID, report bot.ReportID) error {
	return enqueue(ctx, tx, TriageReport{Institution: id, Patient: patient, Report: report})
}

// enqueue puts a job into the transaction that made it necessary.
func enqueue(ctx context.Context, tx pgx.Tx, job river.JobArgs) error {
	return enqueueAt(ctx, tx, job, time.Time{})
}

// enqueueAt is enqueue for a job that must wait; the zero time: it need not.
func enqueueAt(ctx context.Context, tx pgx.Tx, job river.JobArgs, at time.Time) error {
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: postgres.RiverSchema})
	if err != nil {
		return fmt.Errorf("store: job client: %w", err)
	}
	if _, err := client.InsertTx(ctx, tx, job, &river.InsertOpts{ScheduledAt: at}); err != nil {
		return fmt.Errorf("store: job %s: %w", job.Kind(), err)
	}
	return nil
}
