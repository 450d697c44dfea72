package main

import (
	"context"
	"log/slog"

	"careline/bot"
	"careline/bot/postgres"
)

// databases are the connection strings of the service role and of the owner:
// the configured ones, else the private cluster's, which is started when down.
func (g *global) databases(ctx context.Context, log *slog.Logger) (service, owner string, err error) {
	if g.DatabaseURL != "" {
		return g.DatabaseURL, g.MigrateURL, nil
	}
	cluster := g.cluster()
	if err := cluster.Up(ctx); err != nil {
		return "", "", err
	}
	return cluster.ServiceDSN(), cluster.OwnerDSN(), nil
}

func (g *global) cluster() *postgres.Cluster { return &postgres.Cluster{Home: g.Home} }

// institution is the one the command works for: the named one, or the only one.
func (a *app) institution(ctx context.Context, g *global) (bot.Institution, error) {
	if g.Institution != "" {
		return a.store.Institution(ctx, bot.InstitutionID(g.Institution))
	}
	all, err := a.store.Institutions(ctx)
	if err != nil {
		return bot.Institution{}, err
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return bot.Institution{}, bot.Errorf(bot.KindInvalid,
		"There is more than one institution: name one with --institution. `careline institution list` shows them.",
		"institution: %d to choose from", len(all))
}

// openAt is open, with the institution the command works for.
func (g *global) openAt(ctx context.Context, log *slog.Logger) (*app, bot.Institution, error) {
	a, err := g.open(ctx, log)
	if err != nil {
		return nil, bot.Institution{}, err
	}
	inst, err := a.institution(ctx, g)
	if err != nil {
		a.close()
		return nil, bot.Institution{}, err
	}
	return a, inst, nil
}
