package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"careline/bot"
)

type institutionCmd struct {
	Add    institutionAddCmd    `cmd:"" help:"Add an institution."`
	List   institutionListCmd   `cmd:"" help:"List the institutions."`
	Budget institutionBudgetCmd `cmd:"" help:"Show or set how many model tokens a day the institution may use."`
}

type institutionAddCmd struct {
	ID       string `arg:"" help:"Short name in lower case: letters, digits, hyphens."`
	Name     string `required:"" help:"Name patients read."`
	TimeZone string `help:"IANA time zone." default:"Asia/Shanghai"`
}

// Run adds the institution with the proposed critical values.
func (c institutionAddCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, err := g.open(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	if _, err := time.LoadLocation(c.TimeZone); err != nil {
		return bot.Errorf(bot.KindInvalid, "This time zone is not known; write it like Asia/Shanghai.", "institution add: %w", err)
	}
	inst := bot.Institution{ID: bot.InstitutionID(c.ID), Name: c.Name, TimeZone: c.TimeZone}
	if err := a.store.AddInstitution(ctx, inst, a.catalogue.CriticalProposals(), time.Now().UTC()); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Added %s with proposed critical values; a laboratory physician must approve them.\n", c.ID)
	return nil
}

type institutionListCmd struct{}

// Run prints the institutions.
func (institutionListCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, err := g.open(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	all, err := a.store.Institutions(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tTIME ZONE\tDEMO")
	for _, i := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%v\n", i.ID, i.Name, i.TimeZone, i.Demo)
	}
	return w.Flush()
}

type staffCmd struct {
	Add staffAddCmd `cmd:"" help:"Add a staff member; the password is read from the terminal or standard input."`
}

type staffAddCmd struct {
	Login string `arg:"" help:"Login in lower case."`
	Name  string `required:"" help:"Name colleagues see."`
	Role  string `required:"" enum:"health_manager,clinician,supervisor,admin,auditor" help:"health_manager, clinician, supervisor, admin or auditor."`
}

// Run adds the staff member.
func (c staffAddCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	password, err := readPassword(io)
	if err != nil {
		return err
	}
	staff := bot.Staff{Institution: inst.ID, Login: c.Login, Name: bot.T(c.Name), Role: bot.Role(c.Role)}
	if _, err := a.store.AddStaff(ctx, bot.Actor{Kind: "operator"}, staff, password, time.Now().UTC()); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Added %s. Sign-in: /staff/%s\n", c.Login, inst.ID)
	return nil
}

// readPassword asks without echo on a terminal and reads a line elsewhere.
func readPassword(io stdio) (string, error) {
	if f, ok := io.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(io.err, "Password: ")
		raw, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(io.err)
		return string(raw), err
	}
	line, err := bufio.NewReader(io.in).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line != "" {
		return line, nil
	}
	if err != nil {
		return "", bot.Errorf(bot.KindInvalid, "Give the password on standard input.", "read password: %w", err)
	}
	return "", bot.Errorf(bot.KindInvalid, "The password is empty.", "read password: empty")
}
