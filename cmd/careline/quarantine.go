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
	"careline/retrieval/labs"
)

type quarantineCmd struct {
	List    quarantineListCmd    `cmd:"" help:"List what could not be trusted and is kept."`
	Show    quarantineShowCmd    `cmd:"" help:"Print one item as it was received; who looks is recorded."`
	Rerun   quarantineRerunCmd   `cmd:"" help:"Read items again, after a name was decided or a patient corrected."`
	Dismiss quarantineDismissCmd `cmd:"" help:"Close an item without importing it."`
}

type quarantineListCmd struct {
	JSON  bool `help:"Print one JSON object an item." name:"json"`
	Limit int  `help:"How many items, newest first." default:"100"`
}

// Run lists the open items: where they stood and why, nothing of the patient.
func (c quarantineListCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	items, err := a.store.Quarantined(ctx, inst.ID, c.Limit)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
	if !c.JSON {
		fmt.Fprintln(table, "ITEM\tSINCE\tSOURCE\tPOSITION\tFORMAT\tBYTES\tREASON")
	}
	for _, i := range items {
		if c.JSON {
			if err := json.NewEncoder(io.out).Encode(i); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%d\t%s\n", i.ID, i.At.In(inst.Location()).Format("2006-01-02 15:04"), i.Source, i.Position, i.Format, i.Size, i.Reason)
	}
	return table.Flush()
}

type quarantineShowCmd struct {
	Item int64 `arg:"" help:"Number of the item, as the list shows it."`
}

// Run prints the item's reason and content.
func (c quarantineShowCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	q, err := a.store.QuarantinePayload(ctx, inst.ID, bot.Actor{Kind: "operator"}, c.Item, time.Now().UTC())
	if err != nil {
		return err
	}
	fmt.Fprintf(io.err, "%s: %s\n", q.Position, q.Reason)
	_, err = fmt.Fprintln(io.out, q.Payload.Plain())
	return err
}

type quarantineRerunCmd struct {
	Items   []int64 `arg:"" optional:"" help:"Numbers of the items (default: all)."`
	Columns string  `help:"A mapping file (YAML) for sheets whose headers are not known." type:"path" placeholder:"FILE"`
}

// Run reads each item again in a transaction of its own and says which are still
// kept.
func (c quarantineRerunCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	columns, err := readColumns(c.Columns)
	if err != nil {
		return err
	}
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	catalogue, err := a.catalogueOf(ctx, inst)
	if err != nil {
		return err
	}
	again := rereading(catalogue, labs.Options{Location: inst.Location(), Columns: columns})
	if len(c.Items) == 0 {
		if c.Items, err = a.allQuarantined(ctx, inst); err != nil {
			return err
		}
	}
	in, kept := 0, 0
	for _, item := range c.Items {
		summary, err := a.store.Requeue(ctx, inst.ID, bot.Actor{Kind: "operator"}, item, time.Now().UTC(), again)
		switch {
		case bot.KindOf(err) == bot.KindInvalid:
			kept++
			fmt.Fprintf(io.err, "careline: item %d: %s\n", item, sentence(err))
		case err != nil:
			return err
		case summary.Quarantined > 0:
			kept++
		default:
			in++
		}
	}
	fmt.Fprintf(io.out, "%d items went in, %d are still kept.\n", in, kept)
	return nil
}

// allQuarantined are the open items, oldest first: a correction follows what it corrects.
func (a *app) allQuarantined(ctx context.Context, inst bot.Institution) ([]int64, error) {
	const all = 1_000_000
	items, err := a.store.Quarantined(ctx, inst.ID, all)
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[len(items)-1-i] = item.ID
	}
	return ids, err
}

// rereading reads quarantined items as they would be read today.
func rereading(c *labs.Catalogue, o labs.Options) store.Reread {
	return store.Reread{
		File: func(q bot.Quarantined, to bot.ImportSink) (bot.ImportHead, error) {
			return labs.Read(c, labs.Bytes("quarantined."+q.Format, []byte(q.Payload.Plain())), o, to)
		},
		Record: func(r bot.ImportRecord) bot.ImportRecord {
			for i, x := range r.Report.Results {
				r.Report.Results[i] = c.Complete(x, r.Patient, r.Report.Title)
			}
			return r
		},
	}
}

type quarantineDismissCmd struct {
	Item    int64  `arg:"" help:"Number of the item, as the list shows it."`
	Because string `arg:"" help:"Why it is not imported; nothing about the patient."`
}

// Run closes the item.
func (c quarantineDismissCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.store.Dismiss(ctx, inst.ID, bot.Actor{Kind: "operator"}, c.Item, c.Because, time.Now().UTC()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Item %d is closed.\n", c.Item)
	return err
}
