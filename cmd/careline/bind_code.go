package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/mdp/qrterminal/v3"
	"rsc.io/qr"

	"careline/bot"
	"careline/bot/store"
)

type bindCodeCmd struct {
	Patient       string        `arg:"" help:"The patient: our id, or an identifier printed on the report."`
	Valid         time.Duration `help:"How long the code is valid: at most 10 minutes, printed at most 720h (30 days)."`
	Printed       bool          `help:"The code is printed on a report: it lives longer and works once."`
	PatientAgreed bool          `help:"The adult patient told staff that somebody else may read their reports."`
	PNG           string        `help:"Write the QR code to this file as well." type:"path" name:"png"`
	PublicURL     string        `help:"Address patients reach the service at: the QR code opens its bind page." env:"CARELINE_PUBLIC_URL" name:"public-url"`
}

// Run makes a code and its second factor, to be given to the patient by two ways.
func (c bindCodeCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	patient, err := a.store.FindPatient(ctx, inst.ID, c.Patient)
	if err != nil {
		return err
	}
	options := store.CodeOptions{Valid: c.Valid, Printed: c.Printed, PatientAgreed: c.PatientAgreed}
	code, factor, until, err := a.store.MakeBindCode(ctx, inst.ID, bot.Actor{Kind: "operator"}, patient, options, time.Now().UTC())
	if err != nil {
		return err
	}
	if err := c.draw(ctx, io, inst.ID, code); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Code:          %s  (valid until %s)\nSecond factor: %s\n\n%s Neither is shown again.\n",
		code, until.In(inst.Location()).Format("2006-01-02 15:04"), factor, c.advice())
	return nil
}

func (c bindCodeCmd) advice() string {
	if c.Printed {
		return "Print the code or its QR on the report, never the second factor: tell it by another way, for example by phone."
	}
	return "Give the code to the patient; tell the second factor by another way, for example by phone."
}

// draw shows the QR code in the terminal and writes it to a file.
func (c bindCodeCmd) draw(ctx context.Context, io stdio, id bot.InstitutionID, code string) error {
	content, err := c.qrContent(ctx, id, code)
	if err != nil {
		return err
	}
	qrterminal.GenerateHalfBlock(content, qrterminal.M, io.out)
	if c.PNG == "" {
		return nil
	}
	image, err := qr.Encode(content, qr.M)
	if err != nil {
		return bot.Errorf(bot.KindInternal, "The QR code cannot be drawn.", "bind-code: %w", err)
	}
	if err := os.WriteFile(c.PNG, image.PNG(), 0o600); err != nil {
		return bot.Errorf(bot.KindInvalid, "The QR code cannot be written to this file.", "bind-code: %w", err)
	}
	return nil
}

// qrContent is what the QR code says: the bind page at the public address, else
// the code itself.
func (c bindCodeCmd) qrContent(_ context.Context, id bot.InstitutionID, code string) (string, error) {
	if c.PublicURL == "" {
		return code, nil
	}
	return fmt.Sprintf("%s/w/%s/bind?%s", strings.TrimRight(c.PublicURL, "/"), id, url.Values{"code": {code}}.Encode()), nil
}
