package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Override records that a staff member sends a text although checks failed, with
// the reason given. It is called before the reply, so that no override leaves
// unrecorded even when the process dies in between.
func (s *Store) Override(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, staff bot.Staff, checks []string, reason string, now time.Time) error {
	detail, err := json.Marshal(struct {
		Checks []string `json:"checks"`
		Reason string   `json:"reason"`
	}{checks, reason})
	if err != nil {
		return fmt.Errorf("store: override in conversation %d: %w", conversation, err)
	}
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into audit (institution_id, at, actor_kind, actor_id, action, subject_kind, subject_id, detail)
			values ($1, $2, 'staff', $3, 'conversation.override', 'conversation', $4, $5)`, string(id), now, int64(staff.ID), int64(conversation), detail)
		if err != nil {
			return fmt.Errorf("store: override in conversation %d: %w", conversation, err)
		}
		return nil
	}))
}
