// Package intake takes results from machines: an HTTP API, HL7 v2 over MLLP, and
// watched folders. Each answers after the results are committed, and none loses
// or doubles what it is sent again.
package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"careline/bot"
	"careline/bot/store"
	"careline/retrieval/labs"
)

// Intake is what the three ways in share.
type Intake struct {
	Store     *store.Store
	Catalogue *labs.Catalogue
	Read      func(*labs.Catalogue, labs.Source, labs.Options, bot.ImportSink) (bot.ImportHead, error) // labs.Read
	Log       *slog.Logger
	Counts    Counts
	zones     zones
}

// delivery is one file, body or message on its way in.
type delivery struct {
	Institution bot.InstitutionID
	Source      string // the feed it belongs to
	Format      string // what it must turn out to be, "" is anything
	File        labs.Source
	Columns     *labs.ColumnMap // of sheets; nil: as their headers say
	By          bot.Actor       // zero: the system
	DryRun      bool
	Notify      bool
	Arrival     store.Arrival
}

// errMixed refuses what cannot be acknowledged by one answer.
var errMixed = bot.Errorf(bot.KindInvalid, "Test messages (MSH-11 T or D) and real ones came together; send them apart.", "intake: test messages among real ones")

// attempts is how often an import that met another one at the same rows runs.
const attempts = 5

// deliver stores a delivery: nil after the commit, else nothing of it is stored.
// KindInvalid will never be accepted; anything else may be tried again.
func (in *Intake) deliver(ctx context.Context, d delivery) (summary store.ImportSummary, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			in.Log.Error("intake: panic", "type", fmt.Sprintf("%T", fault), "stack", string(debug.Stack()))
			err = bot.Errorf(bot.KindInternal, "Careline could not read this; the operator's log says more.", "intake: panic of type %T", fault)
		}
	}()
	zone, err := in.zones.get(ctx, in.Store, d.Institution, d.Source)
	if err != nil {
		return store.ImportSummary{}, err
	}
	if head, ok := headerOf(d.File); ok {
		d.Arrival.SentAt = head.SentAt(zone)
	}
	test, mixed := tests(d.File)
	if mixed {
		return store.ImportSummary{}, errMixed
	}
	d.DryRun = d.DryRun || test
	catalogue, err := in.catalogue(ctx, d.Institution)
	if err != nil {
		return store.ImportSummary{}, err
	}
	options := store.ImportOptions{Source: d.Source, DryRun: d.DryRun, Notify: d.Notify, Arrival: d.Arrival}
	read := func(to bot.ImportSink) (bot.ImportHead, error) {
		head, err := in.Read(catalogue, d.File, labs.Options{Location: zone, Columns: d.Columns}, to)
		if err == nil && d.Format != "" && head.Format != d.Format {
			return head, bot.Errorf(bot.KindInvalid, fmt.Sprintf("The content is %s, not the %s it was sent as.", head.Format, d.Format), "intake: content is not of its type")
		}
		return head, err
	}
	by := d.By
	if by.Kind == "" {
		by.Kind = "system"
	}
	for try := 1; ; try++ {
		summary, err = in.Store.Import(ctx, d.Institution, by, options, time.Now().UTC(), read)
		if !store.Contended(err) || try == attempts {
			return summary, err
		}
	}
}

// catalogue is the catalogue with what the institution's staff decided of names.
func (in *Intake) catalogue(ctx context.Context, id bot.InstitutionID) (*labs.Catalogue, error) {
	decisions, err := in.Store.Decisions(ctx, id)
	if err != nil || len(decisions) == 0 {
		return in.Catalogue, err
	}
	names := make([]bot.NameDecision, len(decisions))
	for i, d := range decisions {
		names[i] = d.NameDecision
	}
	return in.Catalogue.With(names)
}

// cause is what a log line may say of an error: its kind and the database's
// code. Messages of parsers and of the server can quote what they were given.
func cause(err error) slog.Attr {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return slog.String("cause", string(bot.KindOf(err))+" SQLSTATE "+e.Code)
	}
	return slog.String("cause", string(bot.KindOf(err)))
}

// sentence is what a sender is told of an error.
func sentence(err error) string {
	if e, ok := errors.AsType[*bot.Error](err); ok && e.Person != "" {
		return e.Person
	}
	return "Careline has a fault; the operator's log says more. Please try again later."
}
