package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"careline/bot"
	"careline/bot/postgres"
	"careline/retrieval/knowledge"
	"careline/retrieval/labs"
)

// migrated says what one migration run did.
type migrated struct {
	applied []string
	indexed knowledge.Indexed
}

// migrate brings tables, catalogue and library up to date and leaves a usable
// system: the institution "default" with proposed critical values, unless the
// demo institution is about to be the only one.
func (g *global) migrate(ctx context.Context, log *slog.Logger, demo bool) (migrated, error) {
	service, owner, err := g.databases(ctx, log)
	if err != nil {
		return migrated{}, err
	}
	if owner == "" {
		return migrated{}, bot.Errorf(bot.KindInvalid, "Migrating needs the owner of the tables: set MIGRATE_URL.", "migrate: DATABASE_URL without MIGRATE_URL")
	}
	var done migrated
	if done.applied, err = postgres.Migrate(ctx, owner, service); err != nil {
		return done, err
	}
	db, err := postgres.Open(ctx, service, postgres.Options{})
	if err != nil {
		return done, err
	}
	defer db.Close()
	a, err := g.wire(db)
	if err != nil {
		return done, err
	}
	if done.indexed, err = a.library.IndexEmbedded(ctx); err != nil {
		return done, fmt.Errorf("index the library: %w", err)
	}
	if err := labs.SeedNames(ctx, db, a.catalogue, a.embedder); err != nil {
		return done, fmt.Errorf("index the catalogue's names: %w", err)
	}
	if demo {
		return done, nil
	}
	return done, a.defaultInstitution(ctx)
}

// defaultInstitution exists after every migration of a system that has none.
func (a *app) defaultInstitution(ctx context.Context) error {
	all, err := a.store.Institutions(ctx)
	if err != nil || len(all) > 0 {
		return err
	}
	inst := bot.Institution{ID: "default", Name: "Careline", TimeZone: "Asia/Shanghai"}
	return a.store.AddInstitution(ctx, inst, a.catalogue.CriticalProposals(), time.Now().UTC())
}

// openMigrated is open for a server: the private cluster is migrated first, so
// that a new version starts with its tables. Another's database is not touched.
func (g *global) openMigrated(ctx context.Context, log *slog.Logger, demo bool) (*app, error) {
	if g.DatabaseURL == "" || g.MigrateURL != "" {
		done, err := g.migrate(ctx, log, demo)
		if err != nil {
			return nil, err
		}
		log.Info("database is current", "applied", len(done.applied), "documents", done.indexed.Documents)
	}
	return g.answering(ctx, log)
}

// checkKeys finds at the start that the key file belongs to another database,
// and not when the first patient writes.
func (a *app) checkKeys(ctx context.Context) error {
	all, err := a.store.Institutions(ctx)
	if err != nil {
		return err
	}
	for _, inst := range all {
		if err := a.store.CheckKeys(ctx, inst.ID); err != nil {
			return err
		}
	}
	return nil
}
