package main

import (
	"context"
	"fmt"
	"log/slog"

	"careline/bot"
	"careline/bot/postgres"
)

type doctorCmd struct{}

// Run checks and prints each finding with its remedy; any failure is exit code 1.
func (doctorCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	service, owner, err := g.databases(ctx, log)
	if err != nil {
		return err
	}
	checks := postgres.Doctor(ctx, postgres.DoctorOptions{ServiceDSN: service, OwnerDSN: owner, Home: g.Home})
	checks = append(checks, g.checkCritical(ctx, log)...)
	checks = append(checks, g.checkFeeds(ctx, log)...)
	failed := 0
	for _, c := range checks {
		mark := "ok  "
		if !c.OK {
			mark = "FAIL"
			failed++
		}
		fmt.Fprintf(io.out, "%s  %-12s %s\n", mark, c.Name, c.Detail)
		if !c.OK && c.Remedy != "" {
			fmt.Fprintf(io.out, "      %s\n", c.Remedy)
		}
	}
	if failed > 0 {
		return bot.Errorf(bot.KindUnavailable, fmt.Sprintf("%d of %d checks failed.", failed, len(checks)), "doctor: %d failed", failed)
	}
	return nil
}

// checkCritical says where critical values are still proposals. They fire all
// the same, so it is a remark and no failure.
func (g *global) checkCritical(ctx context.Context, log *slog.Logger) []postgres.Check {
	a, err := g.open(ctx, log)
	if err != nil {
		return []postgres.Check{{Name: "keys", Detail: sentence(err), Remedy: "Restore the key file that belongs to this database."}}
	}
	defer a.close()
	all, err := a.store.Institutions(ctx)
	if err != nil {
		return []postgres.Check{{Name: "tables", Detail: sentence(err), Remedy: "Run `careline db migrate`."}}
	}
	var checks []postgres.Check
	for _, inst := range all {
		table, err := a.store.CriticalTable(ctx, inst.ID)
		if err != nil {
			checks = append(checks, postgres.Check{Name: "critical", Detail: sentence(err)})
			continue
		}
		proposals := 0
		for _, line := range table {
			if line.ApprovedBy == "" {
				proposals++
			}
		}
		checks = append(checks, postgres.Check{Name: "critical", OK: len(table) > 0, Remedy: "Run `careline db migrate`.",
			Detail: fmt.Sprintf("%s: %d critical values, %d of them proposals that no laboratory physician has approved", inst.ID, len(table), proposals)})
	}
	return checks
}
