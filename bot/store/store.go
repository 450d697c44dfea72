// Package store keeps people, conversations, results and cases in PostgreSQL.
// An exported method is one transaction; what it changes or reveals it records
// in the audit trail within that transaction.
package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"

	"careline/bot"
	"careline/bot/postgres"
)

// Store is safe for concurrent use.
type Store struct {
	db     *postgres.DB
	vault  *Vault
	Timing Timing
	// Channels are what the channels allow, by name, set when the program is wired;
	// one that is not named takes texts of any length at any time.
	Channels map[string]Channel
	jobs     func() (*river.Client[pgx.Tx], error) // made once, at first use
}

// Timing is how long the store waits for more of a burst.
type Timing struct {
	QuietAfter time.Duration // a burst is due this long after its last message
	BurstLimit time.Duration // and at the latest this long after its first
	VoiceWait  time.Duration // so long a turn waits for the words of a voice message; 0: nobody writes them down
}

// Channel is what a channel lets us send.
type Channel struct {
	Windows []bot.Window              // when and how much; none: always
	Parts   int                       // of an answer at once, the rest waits for the next message; 0: all
	Split   func(bot.Text) []bot.Text // into texts of the channel's size, which together are the text; nil: not
}

// New returns a Store on db whose encrypted fields vault opens.
func New(db *postgres.DB, vault *Vault) *Store {
	return &Store{db: db, vault: vault, jobs: sync.OnceValues(jobClient), Timing: Timing{QuietAfter: 2500 * time.Millisecond, BurstLimit: 8 * time.Second}}
}

// subject is what an audit row is about.
type subject struct {
	kind string
	id   int64
}

// audit records within tx who did what to what: ids only.
func audit(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, now time.Time, by bot.Actor, action string, about subject) error {
	_, err := tx.Exec(ctx, `insert into audit (institution_id, at, actor_kind, actor_id, action, subject_kind, subject_id)
		values ($1, $2, $3, $4, $5, $6, $7)`, string(id), now, by.Kind, by.ID, action, about.kind, about.id)
	if err != nil {
		return fmt.Errorf("store: audit %s of %s %d: %w", action, about.kind, about.id, err)
	}
	return nil
}

// queueAudit is audit as part of a batch.
func queueAudit(b *pgx.Batch, id bot.InstitutionID, now time.Time, by bot.Actor, action string, about subject) {
	b.Queue(`insert into audit (institution_id, at, actor_kind, actor_id, action, subject_kind, subject_id)
		values ($1, $2, $3, $4, $5, $6, $7)`, string(id), now, by.Kind, by.ID, action, about.kind, about.id)
}

// send runs a batch whose results do not matter beyond their errors.
func send(ctx context.Context, tx pgx.Tx, b *pgx.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, b).Close()
}

// duplicate reports a violated unique constraint.
func duplicate(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "23505"
}

func noRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// unavailable makes an error of the database one that is worth trying again,
// with a sentence for the person; errors that say more pass.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*bot.Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fromServer(e, err)
	}
	return bot.Errorf(bot.KindUnavailable, "服务暂时连不上，请稍后再试一次。 The service cannot be reached right now; please try again in a moment.", "store: %w", err)
}

// diskFull is PostgreSQL's code for it.
const diskFull = "53100"

// fromServer sorts what the server says by the class of its code (appendix A of
// its manual): 08 connection, 53 resources, 57 operator intervention, 40 a deadlock
// and 55000 pass by themselves or need an operator; the rest are faults of ours.
func fromServer(e *pgconn.PgError, err error) error {
	switch class := e.Code[:min(2, len(e.Code))]; {
	case e.Code == diskFull:
		return bot.Errorf(bot.KindUnavailable, "数据库的磁盘满了，这一步没有保存。 The database's disk is full; nothing of this was stored. Free some space and try again.", "store: disk full: %w", err)
	case class == "08" || class == "53" || class == "57" || class == "40" || e.Code == "55000":
		return bot.Errorf(bot.KindUnavailable, "服务暂时连不上，请稍后再试一次。 The service cannot be reached right now; please try again in a moment.", "store: %w", err)
	}
	return err
}

// orNull writes "no id" as null.
func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func orNullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
