package postgres

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"careline/bot"
)

// afresh empties the database inside the restore's own transaction, so that
// tables of a newer version do not survive, and a failure leaves all as it was.
const afresh = `set client_min_messages = warning;
drop schema if exists ` + RiverSchema + ` cascade;
drop schema public cascade;
create schema public authorization pg_database_owner;
grant usage on schema public to public;
`

// Backup writes all rows of the database to file, which appears only when it is
// complete. dsn is a superuser's: row security hides rows from everybody else.
func Backup(ctx context.Context, dsn, file string) error {
	partial := file + ".partial"
	defer os.Remove(partial)
	out, err := tool(ctx, "pg_dump", "--format=custom", "--no-password", "--file="+partial, "--dbname="+dsn)
	if err != nil {
		return bot.Errorf(bot.KindUnavailable, "The backup could not be written to "+file+".", "postgres: pg_dump: %w: %s", err, lastLine(out))
	}
	if err := os.Rename(partial, file); err != nil {
		return bot.Errorf(bot.KindUnavailable, "The backup could not be written to "+file+".", "postgres: %w", err)
	}
	return nil
}

// Restore replaces the database by a backup in one transaction: a file that is
// damaged or no backup changes nothing.
func Restore(ctx context.Context, dsn, file string) error {
	dir, err := os.MkdirTemp("", "careline-restore-")
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer os.RemoveAll(dir)
	first, script := filepath.Join(dir, "first.sql"), filepath.Join(dir, "backup.sql")
	if err := os.WriteFile(first, []byte(afresh), 0o600); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if out, err := tool(ctx, "pg_restore", "--file="+script, file); err != nil {
		return bot.Errorf(bot.KindInvalid, filepath.Base(file)+" is not a backup made by `careline db backup`; nothing was changed.", "postgres: pg_restore: %w: %s", err, lastLine(out))
	}
	out, err := tool(ctx, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--no-password", "--dbname="+dsn, "--file="+first, "--file="+script)
	if err != nil {
		return bot.Errorf(bot.KindUnavailable, "The backup could not be restored; the database is as it was.", "postgres: psql: %w: %s", err, lastLine(out))
	}
	return nil
}

// tool runs one of PostgreSQL's client programs. The dump of a server is read by
// the programs of the same installation.
func tool(ctx context.Context, name string, args ...string) ([]byte, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, name), args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	err = cmd.Run()
	return said.Bytes(), err
}
