package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
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

// jobClient only inserts jobs.
func jobClient() (*river.Client[pgx.Tx], error) {
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: postgres.RiverSchema})
	if err != nil {
		return nil, fmt.Errorf("store: job client: %w", err)
	}
	return client, nil
}

// enqueue puts a job into the transaction that made it necessary, to be done not
// before a time; the zero time: at once.
func (s *Store) enqueue(ctx context.Context, tx pgx.Tx, job river.JobArgs, notBefore time.Time) error {
	client, err := s.jobs()
	if err != nil {
		return err
	}
	if _, err := client.InsertTx(ctx, tx, job, &river.InsertOpts{ScheduledAt: notBefore}); err != nil {
		return fmt.Errorf("store: job %s: %w", job.Kind(), err)
	}
	return nil
}

// triageAtOnce is how many jobs are inserted by a statement.
const triageAtOnce = 1000

// enqueueTriage puts a job for each report into the transaction that made them necessary.
func (s *Store) enqueueTriage(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, reports map[bot.ReportID]bot.PatientID) error {
	client, err := s.jobs()
	if err != nil {
		return err
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(reports)), triageAtOnce) {
		jobs := make([]river.InsertManyParams, len(some))
		for i, report := range some {
			jobs[i].Args = TriageReport{Institution: id, Patient: reports[report], Report: report}
		}
		if _, err := client.InsertManyFastTx(ctx, tx, jobs); err != nil {
			return fmt.Errorf("store: triage jobs of %d reports: %w", len(some), err)
		}
	}
	return nil
}
