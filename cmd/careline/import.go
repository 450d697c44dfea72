package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/retrieval/labs"
)

type importCmd struct {
	Files []string `arg:"" help:"Files to import: FHIR R4 JSON or CSV in UTF-8." type:"path"`
	JSON  bool     `help:"Print the summary as one JSON object a file." name:"json"`
}

// Run imports each file whole or not at all. It goes on after a file that was
// refused and fails at the end.
func (c importCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, err := g.open(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	inst, err := a.institution(ctx, g)
	if err != nil {
		return err
	}
	var refused error
	table := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
	if !c.JSON {
		fmt.Fprintln(table, "FILE\tFORMAT\tPATIENTS\tREPORTS\tRESULTS\tCHANGED\tQUARANTINED")
	}
	for _, path := range c.Files {
		summary, err := a.importFile(ctx, inst, path)
		if err != nil {
			fmt.Fprintf(io.err, "careline: %s: %s\n", filepath.Base(path), sentence(err))
			refused = bot.Errorf(bot.KindInvalid, "At least one file was not imported; nothing of it was stored.", "import %s: %w", filepath.Base(path), err)
			continue
		}
		if c.JSON {
			if err := json.NewEncoder(io.out).Encode(summary); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", filepath.Base(path), summary.Format, summary.Patients, summary.Reports, summary.Results, summary.Changed, summary.Quarantined)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return refused
}

func (a *app) importFile(ctx context.Context, inst bot.Institution, path string) (store.ImportSummary, error) {
	f, err := os.Open(path)
	if err != nil {
		return store.ImportSummary{}, openError(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return store.ImportSummary{}, openError(err)
	}
	if info.IsDir() {
		return store.ImportSummary{}, bot.Errorf(bot.KindInvalid, "This is a folder; name the files in it.", "import: a folder")
	}
	source := labs.Source{Name: filepath.Base(path), ReaderAt: f, Size: info.Size()}
	return a.store.Import(ctx, inst.ID, bot.Actor{Kind: "operator"}, store.ImportOptions{}, time.Now().UTC(), func(to bot.ImportSink) (bot.ImportHead, error) {
		return labs.Read(a.catalogue, source, labs.Options{Location: inst.Location()}, to)
	})
}

func openError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return bot.Errorf(bot.KindNotFound, "There is no such file.", "import: %w", err)
	case errors.Is(err, fs.ErrPermission):
		return bot.Errorf(bot.KindForbidden, "The file may not be read by this user.", "import: %w", err)
	}
	return bot.Errorf(bot.KindInvalid, "The file cannot be opened.", "import: %w", err)
}

// sentence is what a person reads of an error.
func sentence(err error) string {
	if e, ok := errors.AsType[*bot.Error](err); ok && e.Person != "" {
		return e.Person
	}
	return err.Error()
}
