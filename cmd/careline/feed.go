package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"careline/bot"
	"careline/bot/store"
)

type feedCmd struct {
	Status   feedStatusCmd `cmd:"" help:"Show each source: last message, counts, lag, unmapped names, silence."`
	Set      feedSetCmd    `cmd:"" help:"Say in which time zone a source's times are."`
	SendTest feedTestCmd   `cmd:"" name:"send-test" help:"Send a marked test message and print its acknowledgement."`
}

type feedStatusCmd struct {
	JSON  bool `help:"Print one JSON object a source." name:"json"`
	Check bool `help:"Exit with 3 when a source is silent beyond its usual gap."`
}

// errSilent ends a check with exit code 3, for monitoring.
type errSilent struct{ error }

// Unwrap shows the sentence to read.
func (e errSilent) Unwrap() error { return e.error }

// ExitCode tells silence from a failure to look.
func (errSilent) ExitCode() int { return 3 }

// Run prints the sources of one institution.
func (c feedStatusCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	feeds, err := a.store.Feeds(ctx, inst, time.Now().UTC())
	if err != nil {
		return err
	}
	silent := 0
	for _, f := range feeds {
		if f.Silent {
			silent++
		}
		if c.JSON {
			if err := json.NewEncoder(io.out).Encode(f); err != nil {
				return err
			}
		}
	}
	if !c.JSON {
		if err := printFeeds(io, inst, feeds); err != nil {
			return err
		}
	}
	if c.Check && silent > 0 {
		return errSilent{bot.Errorf(bot.KindUnavailable, fmt.Sprintf("%d of %d sources are silent beyond their usual gap.", silent, len(feeds)), "feed: %d silent", silent)}
	}
	return nil
}

func printFeeds(io stdio, inst bot.Institution, feeds []store.Feed) error {
	w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tBY\tLAST MESSAGE\tTODAY\t7 DAYS\tRESULTS\tLAG\tUNMAPPED\tQUARANTINED\tZONE\tSTATE")
	for _, f := range feeds {
		source, state, zone, lag := f.Source, "ok", f.Zone, "-"
		if source == "" {
			source = "(by hand)"
		}
		if f.Silent {
			state = "SILENT, usual gap " + f.Usual.Round(time.Minute).String()
		}
		if zone == "" {
			zone = inst.TimeZone
		}
		if f.Lag != 0 {
			lag = f.Lag.Round(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%d\t%d\t%s\t%s\n", source, f.Way, shownTime(&f.LastAt, inst), f.Today.Messages, f.Week.Messages, f.Week.Results,
			lag, f.Week.Unmapped, f.Week.Quarantined, zone, state)
	}
	return w.Flush()
}

type feedSetCmd struct {
	Source string `required:"" help:"The source, as feed status shows it."`
	Zone   string `required:"" help:"IANA zone of its times that name none, such as Asia/Shanghai."`
}

// Run sets the zone; it holds for messages from a minute later on.
func (c feedSetCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.store.SetFeedZone(ctx, inst.ID, bot.Actor{Kind: "operator"}, c.Source, c.Zone, time.Now().UTC()); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Times of %s without a zone are in %s.\n", c.Source, c.Zone)
	return nil
}
