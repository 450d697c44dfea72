package intake_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot/intake"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/retrieval/labs"
)

// logged is what an intake wrote to its log, safe to read while it runs.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// newIntake is an intake on a fresh database.
func newIntake(t testing.TB) (*intake.Intake, *postgres.DB, *logged) {
	t.Helper()
	s, db := storetest.New(t)
	log := &logged{}
	return intakeOn(t, s, log), db, log
}

func intakeOn(t testing.TB, s *store.Store, log io.Writer) *intake.Intake {
	t.Helper()
	in, err := intakeFor(s, log)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func intakeFor(s *store.Store, log io.Writer) (*intake.Intake, error) {
	catalogue, err := labs.LoadCatalogue()
	if err != nil {
		return nil, err
	}
	return &intake.Intake{Store: s, Catalogue: catalogue, Read: labs.Read, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, nil
}

// canary stands where a patient's data does; it must show in no log and no answer.
const canary = "CANARY"

// message is a report of eight results of one invented patient.
func message(patient, control string) []byte {
	lines := []string{
		`MSH|^~\&|LIS|HOSP|CARELINE||20261123090000+0800||ORU^R01|` + control + `|P|2.5.1`,
		`PID|1||` + canary + patient + `||` + canary + `^Name`,
		`OBR|1||R` + control + `|CHEM^Chemistry^L|||20261123083000+0800|||||||||||||||20261123090000+0800|||F`,
	}
	for n := range 8 {
		lines = append(lines, fmt.Sprintf(`OBX|%d|NM|%sItem%d^%[2]sItem%[3]d^L||%[4]d.5|mmol/L|||||F`, n+1, canary, n+1, n+3))
	}
	return []byte(strings.Join(lines, "\r") + "\r")
}

// counted is what an institution has stored.
type counted struct{ Imports, Patients, Reports, Results int }

func count(t testing.TB, db *postgres.DB) (c counted) {
	t.Helper()
	err := db.InRead(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select (select count(*) from imports), (select count(*) from patients), (select count(*) from reports), (select count(*) from results)`).
			Scan(&c.Imports, &c.Patients, &c.Reports, &c.Results)
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
