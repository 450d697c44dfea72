package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"careline/bot"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// RiverSchema holds River's tables, which belong to the service role.
const RiverSchema = "river"

// Migration is one numbered file and when it was applied; the zero time is "not yet".
type Migration struct {
	Name      string
	Checksum  string
	AppliedAt time.Time
	sql       string
}

// migrationLock keeps two migrating processes from each other.
const migrationLock = 7_305_114_771

// Migrate applies what is missing, in order, each file in one transaction, then
// River's own migrations as the service role, and grants the service role what
// it needs. It refuses to go on when an applied file has changed since.
func Migrate(ctx context.Context, ownerDSN, serviceDSN string) (applied []string, err error) {
	service, err := pgx.ParseConfig(serviceDSN)
	if err != nil {
		return nil, bot.Errorf(bot.KindInvalid, "DATABASE_URL is not a PostgreSQL connection string.", "postgres: parse service connection string")
	}
	conn, err := pgx.Connect(ctx, ownerDSN)
	if err != nil {
		return nil, bot.Errorf(bot.KindUnavailable, "The database does not answer its owner. `careline doctor` says what to do.", "postgres: connect as owner: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return nil, fmt.Errorf("postgres: migration lock: %w", err)
	}
	all, err := states(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if !m.AppliedAt.IsZero() {
			continue
		}
		if err := apply(ctx, conn, m); err != nil {
			return applied, err
		}
		applied = append(applied, m.Name)
	}
	if err := grant(ctx, conn, service.User); err != nil {
		return applied, err
	}
	return applied, migrateRiver(ctx, serviceDSN)
}

// Status lists the migrations with when each was applied.
func Status(ctx context.Context, ownerDSN string) ([]Migration, error) {
	conn, err := pgx.Connect(ctx, ownerDSN)
	if err != nil {
		return nil, bot.Errorf(bot.KindUnavailable, "The database does not answer its owner.", "postgres: connect as owner: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return states(ctx, conn)
}

// MigrationsDigest names the set of migration files: the same digest is the same schema.
func MigrationsDigest() (string, error) {
	files, err := readMigrations()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, m := range files {
		sum.Write([]byte(m.Name + m.Checksum))
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

func readMigrations() ([]Migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	slices.Sort(names)
	var files []Migration
	for _, name := range names {
		sql, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("postgres: %w", err)
		}
		sum := sha256.Sum256(sql)
		files = append(files, Migration{
			Name: strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql"), Checksum: hex.EncodeToString(sum[:]), sql: string(sql),
		})
	}
	return files, nil
}

func states(ctx context.Context, conn *pgx.Conn) ([]Migration, error) {
	files, err := readMigrations()
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, `create table if not exists schema_migrations (
		name text primary key, checksum text not null, applied_at timestamptz not null default now())`); err != nil {
		return nil, fmt.Errorf("postgres: schema_migrations: %w", err)
	}
	for i, m := range files {
		var checksum string
		err := conn.QueryRow(ctx, `select checksum, applied_at from schema_migrations where name = $1`, m.Name).Scan(&checksum, &files[i].AppliedAt)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("postgres: state of %s: %w", m.Name, err)
		}
		if checksum != m.Checksum {
			return nil, bot.Errorf(bot.KindConflict,
				"The database was migrated by another version of Careline: migration "+m.Name+" has changed since. Use that version, or restore a backup.",
				"postgres: checksum of %s differs", m.Name)
		}
	}
	return files, nil
}

func apply(ctx context.Context, conn *pgx.Conn, m Migration) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, m.sql); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into schema_migrations (name, checksum) values ($1, $2)`, m.Name, m.Checksum)
		return err
	})
	if err != nil {
		return fmt.Errorf("postgres: migration %s: %w", m.Name, err)
	}
	return nil
}

// grant lets the service role use the tables, not own them.
func grant(ctx context.Context, conn *pgx.Conn, role string) error {
	name := pgx.Identifier{role}.Sanitize()
	for _, sql := range []string{
		`grant usage on schema public to ` + name,
		`grant select, insert, update, delete on all tables in schema public to ` + name,
		`grant usage, select on all sequences in schema public to ` + name,
		`revoke insert, update, delete on schema_migrations from ` + name,
		`create schema if not exists ` + RiverSchema,
		`grant usage, create on schema ` + RiverSchema + ` to ` + name,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("postgres: grant to the service role: %w", err)
		}
	}
	return nil
}

func migrateRiver(ctx context.Context, serviceDSN string) error {
	pool, err := pgxpool.New(ctx, serviceDSN)
	if err != nil {
		return fmt.Errorf("postgres: connect for River's migrations: %w", err)
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: RiverSchema})
	if err != nil {
		return fmt.Errorf("postgres: River's migrations: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("postgres: River's migrations: %w", err)
	}
	return nil
}
