package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"careline/bot"
	"careline/bot/store"
)

type keyCmd struct {
	Create keyCreateCmd `cmd:"" help:"Make a key for a machine; it is shown once."`
	List   keyListCmd   `cmd:"" help:"List the keys."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key at once."`
}

type keyCreateCmd struct {
	Name   string   `arg:"" help:"Name of the machine, the source of what it sends: lower-case letters, digits, dots, hyphens."`
	Scopes []string `help:"What the key may do: results:write, results:read." default:"results:write,results:read" enum:"results:write,results:read" name:"scope"`
}

// Run makes the key and prints it; only its SHA-256 is kept.
func (c keyCreateCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	scopes := make([]store.Scope, len(c.Scopes))
	for i, s := range c.Scopes {
		scopes[i] = store.Scope(s)
	}
	secret, key, err := a.store.CreateKey(ctx, inst.ID, bot.Actor{Kind: "operator"}, c.Name, scopes, time.Now().UTC())
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s\n", secret)
	fmt.Fprintf(io.err, "The key %s of %s may %s. It is not shown again.\n", key.Name, inst.ID, strings.Join(c.Scopes, ", "))
	return nil
}

type keyListCmd struct {
	JSON bool `help:"Print one JSON object a key." name:"json"`
}

// Run prints the keys without their secrets, which nobody has.
func (c keyListCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	keys, err := a.store.Keys(ctx, inst.ID)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
	if !c.JSON {
		fmt.Fprintln(w, "NAME\tSCOPES\tCREATED\tLAST USED\tREVOKED")
	}
	for _, k := range keys {
		if c.JSON {
			if err := json.NewEncoder(io.out).Encode(k); err != nil {
				return err
			}
			continue
		}
		var scopes []string
		for _, s := range k.Scopes {
			scopes = append(scopes, string(s))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.Name, strings.Join(scopes, ","), shownTime(&k.CreatedAt, inst), shownTime(k.UsedAt, inst), shownTime(k.RevokedAt, inst))
	}
	return w.Flush()
}

// shownTime is a time in the institution's zone, "-" for none.
func shownTime(t *time.Time, inst bot.Institution) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.In(inst.Location()).Format("2006-01-02 15:04")
}

type keyRevokeCmd struct {
	Name string `arg:"" help:"Name of the key."`
}

// Run ends the key.
func (c keyRevokeCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.store.RevokeKey(ctx, inst.ID, bot.Actor{Kind: "operator"}, c.Name, time.Now().UTC()); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Revoked %s.\n", c.Name)
	return nil
}
