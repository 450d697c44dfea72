package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// line is what a conversation has to send, read under its lock.
type line struct {
	parts   []lined // urgent ones first, each oldest first
	lastAt  time.Time
	windows []openWindow // the one that closes first comes first
	refused []int64      // parts whose text no review let go
}

// lined is a part that waits or is on its way.
type lined struct {
	ID     int64
	Author string
	Urgent bool
	State  string
	Key    string
	Part   int
	Due    time.Time
	Until  *time.Time
}

// queueLine reads the line; windows that close before until are too short for a
// send to arrive in.
func queueLine(b *pgx.Batch, c thread, by Sender, until time.Time, l *line) {
	b.Queue(`select id, author, urgent, state, turn_key, part, due, until from outbox
		where conversation_id = $1 and state in ('queued', 'sending', 'held') order by urgent desc, id`, int64(c.ID)).
		Query(func(rows pgx.Rows) (err error) {
			l.parts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[lined])
			return err
		})
	if by.Pace > 0 {
		b.Queue(`select max(sent_at) from outbox where conversation_id = $1`, int64(c.ID)).QueryRow(func(row pgx.Row) error {
			var last *time.Time
			err := row.Scan(&last)
			if last != nil {
				l.lastAt = *last
			}
			return err
		})
	}
	if len(by.Windows) > 0 {
		queueWindows(b, c, until, &l.windows)
	}
}

// step is what to do next in a line.
type step struct {
	take  *lined
	from  *openWindow // charged with it; nil in a channel without windows
	more  bool        // the next part of the same reply stays behind
	last  bool        // no part of the reply follows
	park  []lined
	again time.Time // with nothing to take: when to look again; zero: when something changes
}

// next picks the part to send. A text about a danger goes first and waits for
// nothing. Others keep their order: one that is not due yet holds up those behind
// it; one that no window has room for is parked, and only another author's part
// passes it.
func (l line) next(by Sender, now time.Time) (do step) {
	if i := slices.IndexFunc(l.parts, func(p lined) bool { return p.State == string(bot.DeliverySending) }); i >= 0 {
		do.again = *l.parts[i].Until
		return do
	}
	if free := l.lastAt.Add(by.Pace); !l.lastAt.IsZero() && free.After(now) && len(l.parts) > 0 {
		do.again = free
		return do
	}
	parked := map[string]bool{}
	for i, p := range l.parts {
		switch {
		case p.State == string(bot.DeliveryHeld):
			parked[p.Author] = parked[p.Author] || !p.Urgent
		case !p.Urgent && parked[p.Author]:
			do.park = append(do.park, p)
		case p.Due.After(now):
			if do.again.IsZero() || p.Due.Before(do.again) {
				do.again = p.Due
			}
			if !p.Urgent {
				return do
			}
		default:
			do.from = room(by, l.windows, p)
			if len(by.Windows) > 0 && do.from == nil {
				do.park = append(do.park, p)
				parked[p.Author] = parked[p.Author] || !p.Urgent
				continue
			}
			do.take = &l.parts[i]
			do.more = l.staysBehind(by, do)
			do.last = !slices.ContainsFunc(l.parts, func(q lined) bool { return q.Key == p.Key && q.Part > p.Part })
			return do
		}
	}
	return do
}

// staysBehind reports whether the part after the one taken must wait for the
// patient's next message.
func (l line) staysBehind(by Sender, do step) bool {
	if do.from != nil {
		do.from.used++
		defer func() { do.from.used-- }()
	}
	i := slices.IndexFunc(l.parts, func(p lined) bool { return p.Key == do.take.Key && p.Part == do.take.Part+1 })
	return i >= 0 && (l.parts[i].State == string(bot.DeliveryHeld) || len(by.Windows) > 0 && room(by, l.windows, l.parts[i]) == nil)
}

// park holds parts until the patient writes. A text about a danger that cannot be
// sent is told to staff.
func (s *Store) park(ctx context.Context, tx pgx.Tx, c *thread, parts []lined, now time.Time) error {
	if len(parts) == 0 {
		return nil
	}
	ids := make([]int64, len(parts))
	for i, p := range parts {
		ids[i] = p.ID
	}
	if _, err := tx.Exec(ctx, `update outbox set state = 'held', error = 'window' where conversation_id = $1 and id = any($2)`, int64(c.ID), ids); err != nil {
		return fmt.Errorf("store: park parts of conversation %d: %w", c.ID, err)
	}
	if slices.ContainsFunc(parts, func(p lined) bool { return p.Urgent }) {
		return s.undelivered(ctx, tx, c, true, now)
	}
	return nil
}

// take marks a part as sending and charges it to its window; its text is compared
// with what was released once more as it is read.
func (s *Store) take(ctx context.Context, tx pgx.Tx, c thread, do step, holder string, until time.Time) (*bot.Outbound, error) {
	out := &bot.Outbound{Institution: c.Institution, Conversation: c.ID, Channel: c.Channel, Language: c.Language, Urgent: do.take.Urgent, More: do.more, Last: do.last}
	opening := ""
	if do.from != nil {
		opening = string(do.from.opening)
	}
	var external []byte
	b := &pgx.Batch{}
	if opening != "" {
		b.Queue(`update conversation_windows set used = used + 1 where conversation_id = $1 and opening = $2`, int64(c.ID), opening)
	}
	b.Queue(`update outbox o set state = 'sending', holder = $2, until = $3, attempts = attempts + 1, opening = $5 from accounts a
		where o.id = $1 and a.id = $4 and `+isReleased+`
		returning o.id, o.author, o.part, o.text, o.ai, o.attempts, a.external_enc,
			coalesce((select d.full_text <> '' from decisions d where d.institution_id = o.institution_id and d.id = o.decision_id), false)`,
		do.take.ID, holder, until, int64(c.Account), opening).
		QueryRow(func(row pgx.Row) error {
			return row.Scan((*int64)(&out.ID), (*string)(&out.Author), &out.Part, &out.Text, &out.AI, &out.Attempts, &external, &out.Full)
		})
	if err := send(ctx, tx, b); err != nil {
		return nil, fmt.Errorf("store: next part of conversation %d: %w", c.ID, err)
	}
	var err error
	out.ExternalID, err = s.vault.decrypt(accountExternal(c.Institution), external)
	return out, err
}
