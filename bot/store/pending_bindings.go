package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// beginBinding starts a binding in the chat with the code a QR code carried; one
// that was begun before starts again. Whether the code is right is found out at
// its last step, with the second factor.
func (s *Store) beginBinding(ctx context.Context, tx pgx.Tx, c *thread, in bot.Inbound, now time.Time) error {
	code, _, err := s.hashCode(c.Institution, in.Scene.Plain(), "")
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into pending_bindings (institution_id, account_id, code_hash, step, seq, at) values ($1, $2, $3, 'relation', $4, $5)
		on conflict (institution_id, account_id) do update set code_hash = excluded.code_hash, step = excluded.step, relation = '', seq = excluded.seq, at = excluded.at`,
		string(c.Institution), int64(c.Account), code, c.inboxSeq, now)
	if err != nil {
		return fmt.Errorf("store: begin a binding of account %d: %w", c.Account, err)
	}
	return nil
}
