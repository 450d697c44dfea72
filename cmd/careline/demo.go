package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"careline/bot"
	"careline/channels/webchat"
	"careline/retrieval/labs"
)

// demoID is the institution of invented people.
const demoID bot.InstitutionID = "demo"

// The demo's staff sign-in is printed at every start. It works on loopback only:
// serve on another address refuses while the demo institution exists.
const (
	demoLogin    = "lin.yisheng"
	demoPassword = "careline-demo"
)

// demo loads the invented people and prints the sign-ins. Without --demo it
// makes sure that a demo of an earlier start is not served to the world.
func (c serveCmd) demo(ctx context.Context, io stdio, a *app) ([]webchat.DemoPerson, error) {
	exists, err := a.store.DemoExists(ctx)
	if err != nil {
		return nil, err
	}
	if (c.Demo || exists) && !loopback(c.Addr) {
		return nil, bot.Errorf(bot.KindForbidden,
			"The demo institution has public sign-ins and is served on loopback only. Use a home folder without it, or listen on localhost.",
			"serve on %s with the demo institution", c.Addr)
	}
	if !c.Demo {
		return nil, nil
	}
	people, err := a.loadDemo(ctx, time.Now().UTC())
	if err != nil {
		return nil, fmt.Errorf("load the demo: %w", err)
	}
	fmt.Fprintf(io.out, "\nDemo sign-ins (this machine only)\n  staff     %s / %s\n", demoLogin, demoPassword)
	for _, p := range people {
		fmt.Fprintf(io.out, "  patient   %s  code %s  second factor %s\n", p.Label, p.Code, p.Factor)
	}
	return people, nil
}

// loadDemo makes the institution, its staff, its reports dated from today, and
// fresh codes for every person.
func (a *app) loadDemo(ctx context.Context, now time.Time) ([]webchat.DemoPerson, error) {
	exists, err := a.store.DemoExists(ctx)
	if err != nil {
		return nil, err
	}
	inst := bot.Institution{ID: demoID, Name: "示范医院 Demo Hospital", TimeZone: "Asia/Shanghai", Demo: true}
	operator := bot.Actor{Kind: "operator"}
	if !exists {
		if err := a.store.AddInstitution(ctx, inst, a.catalogue.CriticalProposals(), now); err != nil {
			return nil, err
		}
		staff := bot.Staff{Institution: demoID, Login: demoLogin, Name: bot.T("林医生"), Role: bot.RoleClinician}
		if _, err := a.store.AddStaff(ctx, operator, staff, demoPassword, now); err != nil {
			return nil, err
		}
	}
	files, err := labs.DemoFiles(now)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		parsed, err := labs.Parse(a.catalogue, file.Name, bytes.NewReader(file.Content), labs.Options{Location: inst.Location()})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		if _, err := a.store.SaveImport(ctx, demoID, operator, parsed, now); err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	return a.demoCodes(ctx, now)
}

// demoCodes are codes anybody on this machine may use again and again.
func (a *app) demoCodes(ctx context.Context, now time.Time) ([]webchat.DemoPerson, error) {
	var people []webchat.DemoPerson
	for _, p := range labs.DemoPeople() {
		patient, err := a.store.FindPatient(ctx, demoID, p.Identifier)
		if err != nil {
			return nil, fmt.Errorf("demo person %s: %w", p.Identifier, err)
		}
		code, factor, err := a.store.MakeDemoCode(ctx, demoID, patient, now)
		if err != nil {
			return nil, err
		}
		people = append(people, webchat.DemoPerson{Key: p.Key, Label: p.Label, Code: code, Factor: factor, Relation: p.Relation})
	}
	return people, nil
}
