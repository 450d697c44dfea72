package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"careline/bot"
	"careline/bot/store"
)

// patientCmd is what staff do about who a patient is.
type patientCmd struct {
	Show     patientShowCmd     `cmd:"" help:"Show a patient's identifiers, number of reports and merges; never the name unless asked."`
	Merge    patientMergeCmd    `cmd:"" help:"Merge two patients who are one person; bindings to the retired one end."`
	Unmerge  patientUnmergeCmd  `cmd:"" help:"Undo a merge: everything that moved goes back."`
	Reassign patientReassignCmd `cmd:"" help:"Move a report with its results to the patient it belongs to."`
}

// operatorAt is the application, open, with the institution a command works for.
func operatorAt(ctx context.Context, g *global, log *slog.Logger) (a *app, inst bot.Institution, err error) {
	if a, err = g.open(ctx, log); err != nil {
		return nil, inst, err
	}
	if inst, err = a.institution(ctx, g); err != nil {
		a.close()
		return nil, inst, err
	}
	return a, inst, nil
}

type patientShowCmd struct {
	Patient  string `arg:"" help:"The patient: our id, or an identifier printed on the report."`
	WithName bool   `help:"Print the name too; that it was looked at is recorded." name:"with-name"`
}

// Run prints what is known of who the patient is.
func (c patientShowCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := operatorAt(ctx, g, log)
	if err != nil {
		return err
	}
	defer a.close()
	now := time.Now().UTC()
	patient, err := a.store.FindPatient(ctx, inst.ID, c.Patient)
	if err != nil {
		return err
	}
	file, err := a.store.PatientFile(ctx, inst.ID, bot.Actor{Kind: "operator"}, patient, now)
	if err != nil {
		return err
	}
	var name bot.Text
	if c.WithName {
		whole, err := a.store.Patient(ctx, inst.ID, bot.Actor{Kind: "operator"}, patient, now)
		if err != nil {
			return err
		}
		name = whole.Name
	}
	return printPatient(io.out, file, name, inst.Location())
}

func printPatient(out io.Writer, f store.PatientFile, name bot.Text, zone *time.Location) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "Patient\t%d\n", f.ID)
	if !name.Empty() {
		fmt.Fprintf(w, "Name\t%s\n", name.Plain())
	}
	fmt.Fprintf(w, "Sex\t%s\nBirth date\t%s\nReports\t%d\n", f.Sex, f.BirthDate, f.Reports)
	for _, i := range f.Identifiers {
		fmt.Fprintf(w, "Identifier\t%s\t%s\t%s\n", i.Value, i.Type, i.System)
	}
	for _, m := range f.Merges {
		state := "stands"
		if !m.UndoneAt.IsZero() {
			state = "undone " + m.UndoneAt.In(zone).Format(time.DateTime)
		}
		fmt.Fprintf(w, "Merge %d\t%d into %d\t%s by %s\t%s\n", m.ID, m.Retired, m.Survivor, m.At.In(zone).Format(time.DateTime), m.Source, state)
	}
	return w.Flush()
}

type patientMergeCmd struct {
	Survivor string `arg:"" help:"The patient who stays: our id, or an identifier printed on the report."`
	Retired  string `arg:"" help:"The patient who becomes part of the survivor."`
	Force    string `help:"Merge although birth date or sex contradict, for this reason; write nothing about the patient." placeholder:"REASON"`
}

// Run merges two patients.
func (c patientMergeCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := operatorAt(ctx, g, log)
	if err != nil {
		return err
	}
	defer a.close()
	now := time.Now().UTC()
	survivor, err := a.store.FindPatient(ctx, inst.ID, c.Survivor)
	if err != nil {
		return err
	}
	retired, err := a.store.FindPatient(ctx, inst.ID, c.Retired)
	if err != nil {
		return err
	}
	if c.Force != "" {
		err = a.store.MergeContradicting(ctx, inst.ID, bot.Actor{Kind: "operator"}, survivor, retired, c.Force, now)
	} else {
		err = a.store.MergePatients(ctx, inst.ID, bot.Actor{Kind: "operator"}, survivor, retired, now)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Patient %d is part of patient %d now. Who was bound to %d is asked to bind again. `careline patient show %d` lists the merge.\n", retired, survivor, retired, survivor)
	return nil
}

type patientUnmergeCmd struct {
	Merge int64 `arg:"" help:"The merge's number, as 'patient show' prints it."`
}

// Run undoes a merge.
func (c patientUnmergeCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := operatorAt(ctx, g, log)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.store.UnmergePatients(ctx, inst.ID, bot.Actor{Kind: "operator"}, c.Merge, time.Now().UTC()); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Merge %d is undone.\n", c.Merge)
	return nil
}

type patientReassignCmd struct {
	Report  string `arg:"" help:"The report: our id, or the number printed on it."`
	Patient string `arg:"" help:"The patient it belongs to: our id, or an identifier printed on the report."`
}

// Run moves a report.
func (c patientReassignCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := operatorAt(ctx, g, log)
	if err != nil {
		return err
	}
	defer a.close()
	report, err := a.store.FindReport(ctx, inst.ID, c.Report)
	if err != nil {
		return err
	}
	patient, err := a.store.FindPatient(ctx, inst.ID, c.Patient)
	if err != nil {
		return err
	}
	if err := a.store.ReassignReport(ctx, inst.ID, bot.Actor{Kind: "operator"}, report, patient, time.Now().UTC()); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Report %d is patient %d's now. Who was told about it as somebody else's is told that it was not theirs.\n", report, patient)
	return nil
}
