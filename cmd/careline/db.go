package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"text/tabwriter"
	"time"

	"careline/bot"
	"careline/bot/postgres"
)

type dbCmd struct {
	Up      dbUpCmd      `cmd:"" help:"Start the private cluster."`
	Down    dbDownCmd    `cmd:"" help:"Stop the private cluster."`
	Migrate dbMigrateCmd `cmd:"" help:"Create or update the tables, the catalogue and the library's index."`
	Status  dbStatusCmd  `cmd:"" help:"Say whether the database runs and which migrations it has."`
	Psql    dbPsqlCmd    `cmd:"" help:"Open psql on the database as its owner."`
	Backup  dbBackupCmd  `cmd:"" help:"Write a backup of the database to a file."`
	Restore dbRestoreCmd `cmd:"" help:"Replace the database by a backup."`
}

type dbUpCmd struct{}

// Run starts the private cluster.
func (dbUpCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	if err := g.noCluster(); err != nil {
		return err
	}
	if err := g.cluster().Up(ctx); err != nil {
		return err
	}
	fmt.Fprintln(io.out, "The database runs.")
	return nil
}

type dbDownCmd struct{}

// Run stops the private cluster.
func (dbDownCmd) Run(ctx context.Context, io stdio, g *global) error {
	if err := g.noCluster(); err != nil {
		return err
	}
	if err := g.cluster().Down(ctx); err != nil {
		return err
	}
	fmt.Fprintln(io.out, "The database is stopped.")
	return nil
}

// noCluster refuses commands about the private cluster when another database is configured.
func (g *global) noCluster() error {
	if g.DatabaseURL == "" {
		return nil
	}
	return bot.Errorf(bot.KindInvalid, "DATABASE_URL is set: that database is started and stopped by whoever runs it.", "private cluster: DATABASE_URL is set")
}

type dbMigrateCmd struct{}

// Run migrates and leaves a usable system; twice is as good as once.
func (dbMigrateCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	done, err := g.migrate(ctx, log, false)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Migrations applied now: %d. Library: %d documents, %d passages.\n", len(done.applied), done.indexed.Documents, done.indexed.Passages)
	return nil
}

type dbStatusCmd struct{}

// Run prints the migrations with when they were applied.
func (dbStatusCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	if g.DatabaseURL == "" {
		running, err := g.cluster().Status(ctx)
		if err != nil {
			return err
		}
		if !running {
			fmt.Fprintln(io.out, "The private cluster is stopped; `careline db up` starts it.")
			return nil
		}
	}
	_, owner, err := g.databases(ctx, log)
	if err != nil {
		return err
	}
	states, err := postgres.Status(ctx, owner)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "MIGRATION\tAPPLIED")
	for _, s := range states {
		applied := "no"
		if !s.AppliedAt.IsZero() {
			applied = s.AppliedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\n", s.Name, applied)
	}
	return w.Flush()
}

type dbPsqlCmd struct {
	Args []string `arg:"" optional:"" passthrough:"" help:"Arguments for psql."`
}

// Run hands the terminal to psql.
func (c dbPsqlCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	_, owner, err := g.databases(ctx, log)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "psql", append([]string{owner}, c.Args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = io.in, io.out, io.err
	return cmd.Run()
}

type dbBackupCmd struct {
	File string `arg:"" help:"File to write; it appears only when complete." type:"path"`
}

// Run writes the backup.
func (c dbBackupCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	dsn, err := g.administrator(ctx, log)
	if err != nil {
		return err
	}
	if err := postgres.Backup(ctx, dsn, c.File); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Wrote %s. Keep the key file with it: without %s names and phones cannot be read.\n", c.File, g.keyFile())
	return nil
}

type dbRestoreCmd struct {
	File string `arg:"" help:"Backup to restore." type:"existingfile"`
	Yes  bool   `help:"Replace what is in the database now."`
}

// Run restores the backup over the present database.
func (c dbRestoreCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	if !c.Yes {
		return bot.Errorf(bot.KindInvalid, "A restore replaces everything in the database; add --yes if that is meant.", "restore: not confirmed")
	}
	dsn, err := g.administrator(ctx, log)
	if err != nil {
		return err
	}
	if err := postgres.Restore(ctx, dsn, c.File); err != nil {
		return err
	}
	fmt.Fprintln(io.out, "Restored.")
	return nil
}

// administrator sees every row: row security would hide them from a backup.
func (g *global) administrator(ctx context.Context, log *slog.Logger) (string, error) {
	if g.DatabaseURL != "" {
		if admin := os.Getenv("ADMIN_URL"); admin != "" {
			return admin, nil
		}
		return "", bot.Errorf(bot.KindInvalid, "Set ADMIN_URL to a superuser's connection: row security hides rows from every other role.", "backup: no ADMIN_URL")
	}
	if _, _, err := g.databases(ctx, log); err != nil {
		return "", err
	}
	return g.cluster().AdminDSN(), nil
}
