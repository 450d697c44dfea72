package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"careline/bot"
)

type institutionBudgetCmd struct {
	Tokens string `arg:"" optional:"" help:"Model tokens a day, in the institution's zone; 0: no model is asked; default: the configured budget. Without it: show."`
}

// Run shows or sets how many tokens a day the institution may use at a model.
func (c institutionBudgetCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	now := time.Now().UTC()
	switch c.Tokens {
	case "":
	case "default":
		err = a.store.SetDailyTokens(ctx, inst.ID, bot.Actor{Kind: "operator"}, nil, now)
	default:
		tokens, wrong := strconv.Atoi(c.Tokens)
		if wrong != nil || tokens < 0 {
			return bot.Errorf(bot.KindInvalid, "A budget is a number of tokens from 0 on, or the word default.", "institution budget: no number")
		}
		err = a.store.SetDailyTokens(ctx, inst.ID, bot.Actor{Kind: "operator"}, &tokens, now)
	}
	if err != nil {
		return err
	}
	own, err := a.store.DailyTokens(ctx, inst.ID)
	if err != nil {
		return err
	}
	spent, err := a.store.SpentToday(ctx, inst.ID, now)
	if err != nil {
		return err
	}
	budget := "as configured"
	if own != nil {
		budget = strconv.Itoa(*own) + " tokens a day"
	}
	_, err = fmt.Fprintf(io.out, "%s: %s; today %d tokens in %d calls.\n", inst.ID, budget, spent.Tokens(), spent.Calls)
	return err
}
