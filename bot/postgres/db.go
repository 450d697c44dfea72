// Package postgres opens the database: the pool, the one way to tables about
// people, the private cluster, migrations, backups and the checks of doctor.
package postgres

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxvec "github.com/pgvector/pgvector-go/pgx"

	"careline/bot"
)

// DB is an open database, used as the service role.
type DB struct {
	Pool *pgxpool.Pool
}

// Options for Open.
type Options struct {
	MaxConns int32 // default 10
}

// Open connects and checks that the database answers. The vector types are
// registered on each connection where the extension exists.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, bot.Errorf(bot.KindInvalid, "DATABASE_URL is not a PostgreSQL connection string.", "postgres: parse connection string")
	}
	config.MaxConns = 10
	if o.MaxConns > 0 {
		config.MaxConns = o.MaxConns
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		var installed bool
		if err := conn.QueryRow(ctx, `select to_regtype('halfvec') is not null`).Scan(&installed); err != nil || !installed {
			return err
		}
		return pgxvec.RegisterTypes(ctx, conn)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres: open pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, bot.Errorf(bot.KindUnavailable, "The database does not answer.", "postgres: connect: %w", err)
	}
	return &DB{Pool: pool}, nil
}

// Close waits for running transactions and closes the pool.
func (db *DB) Close() { db.Pool.Close() }

// In runs do in a transaction that sees one institution's rows: the only way to
// a table about people. The setting ends with the transaction.
func (db *DB) In(ctx context.Context, id bot.InstitutionID, do func(pgx.Tx) error) error {
	return db.in(ctx, id, "begin", do)
}

// InQuick is In for claims and leases, which may be lost with the machine: the
// commit does not wait for the disk.
func (db *DB) InQuick(ctx context.Context, id bot.InstitutionID, do func(pgx.Tx) error) error {
	return db.in(ctx, id, "begin; set local synchronous_commit = off", do)
}

// Across runs do in a transaction of no institution, for the queues alone; rows
// about people do not show in it. Its commit does not wait for the disk.
func (db *DB) Across(ctx context.Context, do func(pgx.Tx) error) error {
	return db.tx(ctx, "begin; set local synchronous_commit = off", do)
}

// InRead is In for reading only.
func (db *DB) InRead(ctx context.Context, id bot.InstitutionID, do func(pgx.Tx) error) error {
	return db.in(ctx, id, "begin read only", do)
}

// Batch is InRead for queries that need nothing of each other: all in one round
// trip, which is one transaction of its own.
func (db *DB) Batch(ctx context.Context, id bot.InstitutionID, b *pgx.Batch) error {
	if !slug.MatchString(string(id)) {
		return bot.Errorf(bot.KindNotFound, "There is no such institution.", "postgres: not an institution's id")
	}
	return db.send(ctx, b, `select set_config('app.institution', $1, true)`, string(id))
}

// QuickBatch is Across for statements that need nothing of each other.
func (db *DB) QuickBatch(ctx context.Context, b *pgx.Batch) error {
	return db.send(ctx, b, `select set_config('synchronous_commit', $1, true)`, "off")
}

// send runs setting first, within the transaction the batch is.
func (db *DB) send(ctx context.Context, b *pgx.Batch, setting string, value string) error {
	all := &pgx.Batch{}
	all.Queue(setting, value)
	all.QueuedQueries = append(all.QueuedQueries, b.QueuedQueries...)
	return db.Pool.SendBatch(ctx, all).Close()
}

// slug is what an institution's id looks like; see the table institutions.
var slug = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// in enters the institution in the same round trip as begin. The id is written
// into the statement, which takes no parameters there, after it was checked.
func (db *DB) in(ctx context.Context, id bot.InstitutionID, begin string, do func(pgx.Tx) error) error {
	if !slug.MatchString(string(id)) {
		return bot.Errorf(bot.KindNotFound, "There is no such institution.", "postgres: not an institution's id")
	}
	return db.tx(ctx, begin+"; select set_config('app.institution', '"+string(id)+"', true)", do)
}

func (db *DB) tx(ctx context.Context, begin string, do func(pgx.Tx) error) error {
	tx, err := db.Pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return fmt.Errorf("postgres: begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("postgres: commit: %w", err)
	}
	return nil
}
