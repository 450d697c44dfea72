package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"careline/bot"
)

// queueOpening opens the window a message stands for and lets what waited for one
// go first. What left since the message was sent is counted in: the channel has
// counted it in the window it opened then, whenever we hear of it. Channels say the
// second of a message, so what left in that second may have left before it. A
// message that comes late does not open a window again.
func (s *Store) queueOpening(b *pgx.Batch, c thread, in bot.Inbound, now time.Time, resumed *int64) {
	windows := s.Channels[c.Channel].Windows
	if len(windows) == 0 {
		if in.Kind != bot.MessageUnfollow {
			queueResume(b, c, now, resumed)
		}
		return
	}
	i := slices.IndexFunc(windows, func(w bot.Window) bool { return w.Opening == in.Opens })
	if i < 0 {
		return
	}
	at := sentAt(in, now)
	b.Queue(`insert into conversation_windows (institution_id, conversation_id, opening, opened_at, closes_at, used, doubtful)
		select $1, $2, $4, $5, $6, count(*), count(*) filter (where o.sent_at < $7) from outbox o
			where o.conversation_id = $2 and (o.state = 'sending' or o.sent_at >= $5) having `+isNew+`
		on conflict (institution_id, conversation_id, opening) do update
			set opened_at = excluded.opened_at, closes_at = excluded.closes_at, used = excluded.used, doubtful = excluded.doubtful
			where excluded.opened_at >= conversation_windows.opened_at`,
		string(c.Institution), int64(c.ID), c.inboxSeq+1, string(in.Opens), at, at.Add(windows[i].For), at.Add(time.Second))
	queueResume(b, c, now, resumed)
}

// sentAt is when the channel says a message was sent, if it says so.
func sentAt(in bot.Inbound, now time.Time) time.Time {
	if in.SentAt.IsZero() || in.SentAt.After(now) {
		return now
	}
	return in.SentAt
}

// queueResume puts the parts that waited for the patient's next message back into
// the queue: they are the oldest, so they go first. It counts them.
func queueResume(b *pgx.Batch, c thread, now time.Time, resumed *int64) {
	b.Queue(`update outbox set state = 'queued', error = '', due = $4 where conversation_id = $2 and state = 'held' and `+isNew,
		string(c.Institution), int64(c.ID), c.inboxSeq+1, now).
		Exec(func(tag pgconn.CommandTag) error {
			*resumed = tag.RowsAffected()
			return nil
		})
}

// openWindow is a window in which something may still be sent.
type openWindow struct {
	opening  bot.Opening
	used     int
	doubtful int // of these, perhaps used before the window opened
}

// queueWindows reads the windows that are open until a time, the one that closes
// first before the others: what is spent in it costs the others nothing.
func queueWindows(b *pgx.Batch, c thread, until time.Time, windows *[]openWindow) {
	b.Queue(`select opening, used, doubtful from conversation_windows where conversation_id = $1 and closes_at > $2 order by closes_at`, int64(c.ID), until).
		Query(func(rows pgx.Rows) (err error) {
			*windows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (w openWindow, err error) {
				err = row.Scan((*string)(&w.opening), &w.used, &w.doubtful)
				return w, err
			})
			return err
		})
}

// room is the first window with room for a part; nil when there is none. What is
// doubtful takes no room from an answer, whose share is the smallest, but never lets
// the window as a whole be overdrawn.
func room(by Sender, windows []openWindow, p lined) *openWindow {
	for i, w := range windows {
		for _, rule := range by.Windows {
			used := w.used
			if bot.Author(p.Author) != bot.AuthorStaff && !p.Urgent {
				used -= w.doubtful
			}
			if rule.Opening == w.opening && used < rule.Allowance(bot.Author(p.Author), p.Urgent) && w.used < rule.Messages {
				return &windows[i]
			}
		}
	}
	return nil
}

// uncharge returns a part's place in the window it was charged to.
func uncharge(ctx context.Context, tx pgx.Tx, c thread, opening string) error {
	if opening == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `update conversation_windows set used = greatest(used - 1, 0) where conversation_id = $1 and opening = $2`, int64(c.ID), opening)
	if err != nil {
		return fmt.Errorf("store: window of conversation %d: %w", c.ID, err)
	}
	return nil
}

// closeWindows ends a conversation's windows because the channel says so.
func closeWindows(ctx context.Context, tx pgx.Tx, c thread, now time.Time) error {
	_, err := tx.Exec(ctx, `update conversation_windows set closes_at = least(closes_at, $2) where conversation_id = $1`, int64(c.ID), now)
	if err != nil {
		return fmt.Errorf("store: windows of conversation %d: %w", c.ID, err)
	}
	return nil
}
