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

	"careline/bot"
	"careline/bot/intake"
	"careline/bot/store"
	"careline/retrieval/labs"
)

type importCmd struct {
	Files      []string `arg:"" optional:"" help:"Files to import: FHIR R4 JSON, HL7 v2, CSV, TSV or XLSX." type:"path"`
	Watch      string   `help:"Import what is put into this folder, until interrupted; files move to done/ or failed/." type:"path" placeholder:"DIR"`
	DryRun     bool     `help:"Say what an import would do and store nothing."`
	Notify     bool     `help:"Tell who is bound to the patient, and agreed to notices, that a new report is there: at 8:00 at the earliest, 21:00 at the latest."`
	Columns    string   `help:"A mapping file (YAML) for sheets whose headers are not known." type:"path" placeholder:"FILE"`
	Source     string   `help:"The feed the files belong to, as 'careline feed status' shows it (default: by hand, or the folder's name)."`
	Quarantine bool     `help:"List what could not be trusted and is kept; 'careline quarantine' does more."`
	JSON       bool     `help:"Print the summary as one JSON object a file." name:"json"`
}

// Validate asks for exactly one thing to do.
func (c importCmd) Validate() error {
	asked := 0
	for _, a := range []bool{len(c.Files) > 0, c.Watch != "", c.Quarantine} {
		if a {
			asked++
		}
	}
	if asked != 1 {
		return errors.New("name files, or one of --watch DIR and --quarantine")
	}
	if c.Watch != "" && c.DryRun {
		return errors.New("--dry-run is for files, not for --watch")
	}
	return nil
}

// Run imports each file whole or not at all. It goes on after a file that was
// refused and fails at the end.
func (c importCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	if c.Quarantine {
		return quarantineListCmd{JSON: c.JSON, Limit: 1000}.Run(ctx, io, g, log)
	}
	columns, err := readColumns(c.Columns)
	if err != nil {
		return err
	}
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	summaries := newSummaries(io, c.JSON, c.Notify)
	if c.Watch != "" {
		watcher := &intake.Watcher{Intake: a.intake(log), Institution: inst.ID, Dir: c.Watch, Source: c.Source, Columns: columns, Notify: c.Notify, Done: summaries.addNow}
		fmt.Fprintf(io.err, "Watching %s. Press Ctrl-C to stop.\n", c.Watch)
		if err := watcher.Run(ctx); err != nil {
			return err
		}
		return summaries.flush()
	}
	o := intake.FileOptions{Source: c.Source, Columns: columns, DryRun: c.DryRun, Notify: c.Notify, By: bot.Actor{Kind: "operator"}}
	for _, path := range c.Files {
		summary, err := importFile(ctx, io, a.intake(log), inst, path, o)
		summaries.add(filepath.Base(path), summary, err)
	}
	return errors.Join(summaries.flush(), summaries.refused)
}

func importFile(ctx context.Context, io stdio, in *intake.Intake, inst bot.Institution, path string, o intake.FileOptions) (store.ImportSummary, error) {
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
		return store.ImportSummary{}, bot.Errorf(bot.KindInvalid, "This is a folder; name the files in it, or use --watch.", "import: a folder")
	}
	read, finish := progress(io, filepath.Base(path), f, info.Size())
	defer finish()
	return in.File(ctx, inst.ID, labs.Source{Name: filepath.Base(path), ReaderAt: read, Size: info.Size()}, o)
}

// readColumns reads a mapping file; none is nil.
func readColumns(path string) (*labs.ColumnMap, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(err)
	}
	defer f.Close()
	return labs.ReadColumnMap(f)
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

// summaries prints what became of each file.
type summaries struct {
	io      stdio
	json    bool
	notify  bool // say how many notices were queued
	table   *tabwriter.Writer
	refused error
}

func newSummaries(io stdio, asJSON, notify bool) *summaries {
	s := &summaries{io: io, json: asJSON, notify: notify, table: tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)}
	if !asJSON {
		s.line("FILE\tFORMAT\tPATIENTS\tREPORTS\tRESULTS\tCHANGED\tUNMAPPED\tQUARANTINED", "NOTICES")
	}
	return s
}

// line adds a line to the table; the last column is for imports that notify.
func (s *summaries) line(columns string, notices any) {
	if s.notify {
		columns += fmt.Sprintf("\t%v", notices)
	}
	fmt.Fprintln(s.table, columns)
}

func (s *summaries) add(name string, sum store.ImportSummary, err error) {
	switch {
	case err != nil:
		fmt.Fprintf(s.io.err, "careline: %s: %s\n", name, sentence(err))
		s.refused = bot.Errorf(bot.KindInvalid, "At least one file was not imported; nothing of it was stored.", "import %s: %w", name, err)
	case s.json:
		_ = json.NewEncoder(s.io.out).Encode(struct {
			File string `json:"file"`
			store.ImportSummary
		}{name, sum})
	default:
		s.line(fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d", name, sum.Format, sum.Patients, sum.Reports, sum.Results, sum.Changed, sum.Unmapped, sum.Quarantined), sum.Notices)
	}
}

// addNow is add for who watches: the line is shown at once.
func (s *summaries) addNow(name string, sum store.ImportSummary, err error) {
	s.add(name, sum, err)
	_ = s.flush()
}

func (s *summaries) flush() error { return s.table.Flush() }

// sentence is what a person reads of an error.
func sentence(err error) string {
	if e, ok := errors.AsType[*bot.Error](err); ok && e.Person != "" {
		return e.Person
	}
	return err.Error()
}
