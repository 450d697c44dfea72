package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/retrieval/labs"
)

type namesCmd struct {
	List   namesListCmd   `cmd:"" help:"Write the printed names the catalogue does not know as CSV, with suggestions."`
	Decide namesDecideCmd `cmd:"" help:"Read that CSV with its column 'analyte' filled in; stored results follow."`
}

// nameColumns are the columns of the file; decide reads name, specimen and analyte.
var nameColumns = []string{"name", "specimen", "analyte", "suggestions", "code", "unit", "report", "laboratory", "source", "count", "last_seen"}

// notAnAnalyte in the column 'analyte' leaves a name as printed for good.
const notAnAnalyte = "-"

type namesListCmd struct {
	Limit int `help:"How many names, the most frequent first." default:"10000"`
}

// Run writes one line a name. A spreadsheet opens it: it begins with a BOM, and no
// cell is read as a formula.
func (c namesListCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	names, err := a.store.Unmapped(ctx, inst.ID, c.Limit)
	if err != nil {
		return err
	}
	if _, err := io.out.Write([]byte("\ufeff")); err != nil {
		return err
	}
	w := csv.NewWriter(io.out)
	_ = w.Write(nameColumns)
	for _, n := range names {
		var suggestions []string
		for _, s := range a.catalogue.Suggest(n.Name, n.Specimen) {
			suggestions = append(suggestions, string(s.Analyte))
		}
		row := []string{n.Name, string(n.Specimen), "", strings.Join(suggestions, " "), n.Code, n.Unit, n.Title, n.Laboratory, n.Source, strconv.Itoa(n.Count), n.LastSeen.In(inst.Location()).Format("2006-01-02")}
		for i := range row {
			row[i] = noFormula(row[i])
		}
		_ = w.Write(row)
	}
	w.Flush()
	return w.Error()
}

// noFormula puts an apostrophe before what a spreadsheet would calculate.
func noFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

type namesDecideCmd struct {
	File   string `arg:"" help:"The CSV: 'analyte' is an id of the catalogue, or - for no analyte; lines without one are left open." type:"path"`
	DryRun bool   `help:"Check the file and store nothing."`
}

// Run stores the decisions, all or none, and maps the stored results anew.
func (c namesDecideCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	f, err := os.Open(c.File)
	if err != nil {
		return openError(err)
	}
	defer f.Close()
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	decided, err := readDecisions(f, a.catalogue)
	if err != nil {
		return err
	}
	if c.DryRun {
		_, err := fmt.Fprintf(io.out, "%d decisions are right.\n", len(decided))
		return err
	}
	changed, err := a.decide(ctx, inst, decided)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%d names are decided; %d stored results follow.\n", len(decided), changed)
	return err
}

// decide stores decisions and lets the stored results of those names follow.
func (a *app) decide(ctx context.Context, inst bot.Institution, decided []store.Decision) (changed int, err error) {
	by, now := bot.Actor{Kind: "operator"}, time.Now().UTC()
	if err := a.store.Decide(ctx, inst.ID, by, decided, now); err != nil {
		return 0, err
	}
	catalogue, err := a.catalogueOf(ctx, inst)
	if err != nil {
		return 0, err
	}
	done := map[string]bool{}
	for _, d := range decided {
		if done[d.Name] || d.Analyte == "" {
			continue
		}
		done[d.Name] = true
		n, err := a.store.Remap(ctx, inst.ID, by, d.Name, now, catalogue.Complete)
		if err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}

// catalogueOf is the catalogue with what the institution's staff decided of names.
func (a *app) catalogueOf(ctx context.Context, inst bot.Institution) (*labs.Catalogue, error) {
	decisions, err := a.store.Decisions(ctx, inst.ID)
	if err != nil {
		return nil, err
	}
	names := make([]bot.NameDecision, len(decisions))
	for i, d := range decisions {
		names[i] = d.NameDecision
	}
	return a.catalogue.With(names)
}

// readDecisions reads the filled-in lines; an analyte that does not exist, or is of
// another specimen, refuses the file with the line.
func readDecisions(from io.Reader, c *labs.Catalogue) ([]store.Decision, error) {
	r := csv.NewReader(from)
	header, err := r.Read()
	if err != nil {
		return nil, bot.Errorf(bot.KindInvalid, "The file is no CSV with a header line; 'careline names list' writes one.", "names: %w", err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.TrimPrefix(strings.TrimSpace(name), "\ufeff")] = i
	}
	for _, column := range nameColumns[:3] {
		if _, ok := at[column]; !ok {
			return nil, bot.Errorf(bot.KindInvalid, fmt.Sprintf("The file has no column %q; 'careline names list' writes one.", column), "names: no column %s", column)
		}
	}
	var decided []store.Decision
	seen := map[[2]string]bot.AnalyteID{}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return decided, nil
		}
		if err != nil {
			return nil, bot.Errorf(bot.KindInvalid, "A line of the CSV is broken; nothing was stored.", "names: %w", err)
		}
		line, _ := r.FieldPos(0)
		d, err := decisionOf(row, at, c)
		if err != nil {
			return nil, bot.Errorf(bot.KindInvalid, fmt.Sprintf("Line %d: %s Nothing was stored.", line, sentence(err)), "names: line %d: %w", line, err)
		}
		key := [2]string{d.Name, string(d.Specimen)}
		if before, twice := seen[key]; twice && before != d.Analyte {
			return nil, bot.Errorf(bot.KindInvalid, fmt.Sprintf("Line %d: an earlier line decides the same name otherwise. Nothing was stored.", line), "names: line %d: decided twice", line)
		} else if d.Name != "" && !twice {
			seen[key] = d.Analyte
			decided = append(decided, d)
		}
	}
}

// decisionOf is a line's decision, without a name where it is left open.
func decisionOf(row []string, at map[string]int, c *labs.Catalogue) (store.Decision, error) {
	cell := func(column string) string { return strings.TrimPrefix(strings.TrimSpace(row[at[column]]), "'") }
	d := store.Decision{NameDecision: bot.NameDecision{Name: cell("name"), Specimen: bot.Specimen(cell("specimen")), Analyte: bot.AnalyteID(cell("analyte"))}}
	switch {
	case d.Analyte == "":
		return store.Decision{}, nil
	case d.Analyte == notAnAnalyte:
		d.Analyte = ""
		return d, nil
	}
	analyte, known := c.Analyte(d.Analyte)
	if !known {
		return d, bot.Errorf(bot.KindInvalid, fmt.Sprintf("the catalogue has no analyte %q.", d.Analyte), "no such analyte")
	}
	if d.Specimen != bot.SpecimenUnknown && d.Specimen != analyte.Specimen {
		return d, bot.Errorf(bot.KindInvalid, fmt.Sprintf("%s is of another specimen (%s).", d.Analyte, analyte.Specimen), "another specimen")
	}
	return d, nil
}
