package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

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
	now := time.Now().UTC()
	code, factor, until, err := a.store.MakeBindCode(ctx, inst.ID, bot.Actor{Kind: "operator"}, patient, options, now)
	if err != nil {
		return err
	}
	content, err := c.qrContent(ctx, g.WeChat, inst.ID, code, until.Sub(now))
	if err != nil {
		return err
	}
	if err := drawQR(io, content, c.PNG); err != nil {
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

// qrContent is what the QR code says: with an official account whoever scans it
// comes there with the code; else the bind page at the public address, or the code
// itself.
func (c bindCodeCmd) qrContent(ctx context.Context, w wechatConfig, id bot.InstitutionID, code string, valid time.Duration) (string, error) {
	if w.configured() && w.API != fakePlatform {
		content, _, err := w.sceneQR(ctx, code, valid)
		return content, err
	}
	if page := bindPage(c.PublicURL, id, code); page != "" {
		return page, nil
	}
	return code, nil
}
