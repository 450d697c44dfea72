package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"careline/bot"
	"careline/retrieval/labs"
)

type exportCmd struct {
	FHIR exportFHIRCmd `cmd:"" name:"fhir" help:"Write one patient's stored reports as a FHIR R4 Bundle."`
}

type exportFHIRCmd struct {
	Patient  string `required:"" help:"The patient: our id, or an identifier printed on the report."`
	Out      string `help:"File to write; it must not exist yet (default: standard output)." type:"path"`
	WithName bool   `help:"Write the patient's name too."`
}

// mostExported reports of one patient are written.
const mostExported = 100_000

// Run writes the Bundle. Who looked at the patient is recorded.
func (c exportFHIRCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	id, err := a.store.FindPatient(ctx, inst.ID, c.Patient)
	if err != nil {
		return err
	}
	patient, err := a.store.Patient(ctx, inst.ID, bot.Actor{Kind: "operator"}, id, time.Now().UTC())
	if err != nil {
		return err
	}
	reports, err := a.finder.Reports(ctx, inst, id, mostExported)
	if err != nil {
		return err
	}
	patient.Phone = bot.Text{}
	if !c.WithName {
		patient.Name = bot.Text{}
	}
	var out bytes.Buffer
	if err := labs.WriteFHIR(&out, patient, reports); err != nil {
		return err
	}
	return c.write(io, out.Bytes())
}

// write never replaces a file, and lets only its owner read a new one.
func (c exportFHIRCmd) write(io stdio, raw []byte) error {
	if c.Out == "" {
		_, err := io.out.Write(raw)
		return err
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return bot.Errorf(bot.KindInvalid, "The file exists or cannot be written.", "export: %w", err)
	}
	if _, err := f.Write(raw); err != nil {
		_ = f.Close()
		return fmt.Errorf("export: %w", err)
	}
	return f.Close()
}
