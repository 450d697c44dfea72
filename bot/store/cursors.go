package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Cursor is how far an account of a channel has been read; "" before the first time.
func (s *Store) Cursor(ctx context.Context, id bot.InstitutionID, channel, account string) (cursor string, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select cursor from channel_cursors where channel = $1 and account = $2`, channel, account).Scan(&cursor)
		if noRows(err) {
			return nil
		}
		return err
	})
	return cursor, unavailable(err)
}

// SaveCursor records how far an account of a channel has been read where no
// message carries it.
func (s *Store) SaveCursor(ctx context.Context, id bot.InstitutionID, channel string, cursor bot.Cursor, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		queueCursor(b, id, channel, cursor, now)
		return send(ctx, tx, b)
	}))
}

func queueCursor(b *pgx.Batch, id bot.InstitutionID, channel string, cursor bot.Cursor, now time.Time) {
	b.Queue(`insert into channel_cursors (institution_id, channel, account, cursor, at) values ($1, $2, $3, $4, $5)
		on conflict (institution_id, channel, account) do update set cursor = excluded.cursor, at = excluded.at`,
		string(id), channel, cursor.Account, cursor.Value, now)
}
