package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"careline/bot/postgres"
)

// checkFeeds says which sources of results are silent beyond their usual gap.
func (g *global) checkFeeds(ctx context.Context, log *slog.Logger) []postgres.Check {
	a, err := g.open(ctx, log)
	if err != nil {
		return nil // said by the checks before
	}
	defer a.close()
	all, err := a.store.Institutions(ctx)
	if err != nil {
		return nil
	}
	var checks []postgres.Check
	for _, inst := range all {
		feeds, err := a.store.Feeds(ctx, inst, time.Now().UTC())
		if err != nil {
			checks = append(checks, postgres.Check{Name: "feeds", Detail: sentence(err), Remedy: "Run `careline db migrate`."})
			continue
		}
		silent := 0
		for _, f := range feeds {
			if f.Silent {
				silent++
				checks = append(checks, postgres.Check{Name: "feeds", Detail: fmt.Sprintf("%s: nothing from %s since %s, its usual gap is %s", inst.ID, f.Source, shownTime(&f.LastAt, inst), f.Usual.Round(time.Minute)),
					Remedy: "Look at the sender's queue and its network; `careline feed send-test` tries our side."})
			}
		}
		if silent == 0 {
			checks = append(checks, postgres.Check{Name: "feeds", OK: true, Detail: fmt.Sprintf("%s: %d sources, none is silent beyond its usual gap", inst.ID, len(feeds))})
		}
	}
	return checks
}
