package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

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

// jobClient only inserts jobs.
func jobClient() (*river.Client[pgx.Tx], error) {
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: postgres.RiverSchema})
	if err != nil {
		return nil, fmt.Errorf("store: job client: %w", err)
	}
	return client, nil
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
