package jobs

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Listen keeps one LISTEN connection for the process and passes its signals on to
// workers and pages. Signals only hurry things: what is due is also found by the poll.
func (r *Runner) Listen(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := r.listenOnce(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("listening to the database was interrupted", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(r.Poll):
		}
	}
	return nil
}

func (r *Runner) listenOnce(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, r.DB.Pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, channel := range []string{"careline_events", "careline_sends", "careline_turns"} {
		if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
			return err
		}
	}
	r.everything()
	signal(r.sends)
	r.expectTurn()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		switch n.Channel {
		case "careline_sends":
			signal(r.sends)
			continue
		case "careline_turns":
			r.expectTurn()
			continue
		}
		if id, conversation, ok := parseEvent(n.Payload); ok {
			r.changed(id, conversation)
		}
	}
}

// expectTurn wakes a worker when what was just written is due: after the quiet time.
func (r *Runner) expectTurn() {
	time.AfterFunc(r.Store.Timing.QuietAfter, func() { signal(r.turns) })
}

func parseEvent(payload string) (bot.InstitutionID, bot.ConversationID, bool) {
	id, number, ok := strings.Cut(payload, "/")
	conversation, err := strconv.ParseInt(number, 10, 64)
	return bot.InstitutionID(id), bot.ConversationID(conversation), ok && err == nil
}
