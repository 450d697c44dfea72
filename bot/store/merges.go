package store

import (
	"context"

	"careline/bot"
)

// merge keeps a merge that a source states for staff to decide.
func (m *importing) merge(ctx context.Context, merge bot.Merge) error {
	return m.quarantine(ctx, bot.Quarantined{Position: merge.Position, Reason: "the source merges two patients; staff must do it", Format: "record"})
}
