package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"careline/bot"
)

// Way is how an import came in.
type Way string

// The ways.
const (
	ByHand   Way = "hand"
	ByFolder Way = "folder"
	ByAPI    Way = "api"
	ByMLLP   Way = "mllp"
)

// Arrival is how and when an import came in, and the request it answers.
type Arrival struct {
	Way     Way       // "" is ByHand
	SentAt  time.Time // when the source says it sent it; zero: it does not say
	Request *Request  // answered with 201 and the summary in the import's transaction
}

// reply answers the request the import came by, in the import's transaction. A dry
// run answers none: what it says is not to be said again of a real one.
func (m *importing) reply(b *pgx.Batch) error {
	if m.Request == nil || m.DryRun {
		return nil
	}
	body, err := json.Marshal(m.summary)
	if err != nil {
		return fmt.Errorf("store: answer of import %d: %w", m.number, err)
	}
	queueReply(b, *m.Request, Reply{http.StatusCreated, string(body)})
	return nil
}

// Arrived is an import as it is told to who sent it: counts, no patient.
type Arrived struct {
	Import      int64     `json:"import"`
	Format      string    `json:"format"`
	Source      string    `json:"source"`
	ReceivedAt  time.Time `json:"received_at"`
	Patients    int       `json:"patients"`
	Reports     int       `json:"reports"`
	Results     int       `json:"results"`
	Unmapped    int       `json:"unmapped"`
	Quarantined int       `json:"quarantined"`
}

// Arrived is one import of an institution.
func (s *Store) Arrived(ctx context.Context, id bot.InstitutionID, number int64) (a Arrived, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select id, format, source, at, patients, reports, results, unmapped, quarantined from imports where id = $1`, number).
			Scan(&a.Import, &a.Format, &a.Source, &a.ReceivedAt, &a.Patients, &a.Reports, &a.Results, &a.Unmapped, &a.Quarantined)
	})
	if noRows(err) {
		return a, bot.Errorf(bot.KindNotFound, "There is no such import.", "store: import %d not found", number)
	}
	a.ReceivedAt = a.ReceivedAt.UTC()
	return a, unavailable(err)
}

// Contended reports whether a transaction failed only because another one was
// at the same rows: it is right to run it again at once. Codes of appendix A of
// PostgreSQL's manual: unique_violation (two imports made the same patient),
// serialization_failure, deadlock_detected.
func Contended(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "23505" || e.Code == "40001" || e.Code == "40P01")
}

// violated reports a check constraint that a value breaks.
func violated(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "23514"
}
