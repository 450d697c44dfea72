package store

import (
	"context"
	"fmt"

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

// enqueueTriage puts the job into the transaction that made it necessary.
func enqueueTriage(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, patient bot.PatientID, report bot.ReportID) error {
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: postgres.RiverSchema})
	if err != nil {
		return fmt.Errorf("store: job client: %w", err)
	}
	if _, err := client.InsertTx(ctx, tx, TriageReport{Institution: id, Patient: patient, Report: report}, nil); err != nil {
		return fmt.Errorf("store: triage job of report %d: %w", report, err)
	}
	return nil
}
