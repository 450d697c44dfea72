package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/store"
)

type criticalCmd struct {
	Export  criticalExportCmd  `cmd:"" help:"Write the critical values as CSV."`
	Import  criticalImportCmd  `cmd:"" help:"Read that CSV after it was edited: all of it or nothing."`
	Approve criticalApproveCmd `cmd:"" help:"Approve proposed critical values in a laboratory physician's name."`
}

type criticalExportCmd struct{}

// Run writes the table for a spreadsheet.
func (criticalExportCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	lines, err := a.store.CriticalLines(ctx, inst.ID)
	if err != nil {
		return err
	}
	return writeCritical(io.out, lines, inst.Location())
}

type criticalImportCmd struct {
	File   string   `arg:"" help:"The CSV, with the columns that export writes." type:"path"`
	Remove []string `help:"A line the file no longer holds, like K/blood/high." placeholder:"LINE"`
	DryRun bool     `help:"Check the file and store nothing."`
}

// Run checks the whole file and stores it, or says for each line what is wrong.
func (c criticalImportCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return openError(err)
	}
	var remove []store.CriticalKey
	for _, name := range c.Remove {
		key, err := store.ParseCriticalKey(name)
		if err != nil {
			return err
		}
		remove = append(remove, key)
	}
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	was, err := a.store.CriticalLines(ctx, inst.ID)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	file := readCritical(bytes.NewReader(raw), a.catalogue, inst.Location(), now)
	changes, problems := store.CompareCritical(was, file.lines, remove)
	for _, p := range problems {
		file.problem(p)
	}
	if err := file.err(); err != nil {
		return err
	}
	what := fmt.Sprintf("%d added, %d changed, %d removed", len(changes.Added), len(changes.Changed), len(changes.Removed))
	if c.DryRun {
		_, err := fmt.Fprintf(io.out, "The file is right: %s. Nothing was stored.\n", what)
		return err
	}
	if err := a.store.SaveCritical(ctx, inst.ID, bot.Actor{Kind: "operator"}, was, changes, now); err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Critical values of %s: %s. Running services follow within a minute.\n", inst.ID, what)
	return err
}

type criticalApproveCmd struct {
	Analytes []string `arg:"" optional:"" help:"Catalogue ids of the analytes."`
	All      bool     `help:"Approve every proposal."`
	By       string   `required:"" help:"Name of the laboratory physician who approves."`
	On       string   `help:"Day of the approval, like 2026-11-02 (default: today)." placeholder:"DATE"`
}

// Run approves proposals; approved lines stay as they are.
func (c criticalApproveCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	if c.All == (len(c.Analytes) > 0) || strings.TrimSpace(c.By) == "" {
		return bot.Errorf(bot.KindInvalid, "Name the analytes, or say --all; and who approves.", "critical approve: what and who")
	}
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	now := time.Now().UTC()
	if c.On == "" {
		c.On = now.In(inst.Location()).Format(time.DateOnly)
	}
	on, err := approvalDay(c.On, inst.Location(), now)
	if err != nil {
		return err
	}
	var analytes []bot.AnalyteID
	for _, id := range c.Analytes {
		if _, known := a.catalogue.Analyte(bot.AnalyteID(id)); !known {
			return bot.Errorf(bot.KindInvalid, fmt.Sprintf("The catalogue has no analyte %q.", id), "critical approve: no such analyte")
		}
		analytes = append(analytes, bot.AnalyteID(id))
	}
	n, err := a.store.ApproveCritical(ctx, inst.ID, bot.Actor{Kind: "operator"}, strings.TrimSpace(c.By), on, analytes, now)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%d critical values of %s are approved. Running services follow within a minute.\n", n, inst.ID)
	return err
}

// approvalDay is the start of the day of an approval; a day to come approves nothing.
func approvalDay(text string, zone *time.Location, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006/1/2"} {
		day, err := time.ParseInLocation(layout, text, zone)
		if err == nil && day.After(now) {
			return day, bot.Errorf(bot.KindInvalid, "the day of the approval is still to come.", "critical: approval in the future")
		}
		if err == nil {
			return day.UTC(), nil
		}
	}
	return time.Time{}, bot.Errorf(bot.KindInvalid, "the day of the approval is not written like 2026-11-02.", "critical: approval without a date")
}
