package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Reread reads a quarantined item again.
type Reread struct {
	File   func(bot.Quarantined, bot.ImportSink) (bot.ImportHead, error) // a payload in a file format
	Record func(bot.ImportRecord) bot.ImportRecord                       // maps a record anew; nil leaves it
}

// read hands the item on; records the store decodes itself.
func (r Reread) read(q bot.Quarantined, to bot.ImportSink) (bot.ImportHead, error) {
	switch q.Format {
	case RecordFormat:
	case mergeFormat:
		merge, err := mergeOf(q.Payload)
		if err != nil {
			return bot.ImportHead{}, err
		}
		return bot.ImportHead{Format: mergeFormat}, to.Merge(merge)
	default:
		return r.File(q, to)
	}
	record, err := RecordOf(q.Payload)
	if err != nil {
		return bot.ImportHead{}, err
	}
	if r.Record != nil {
		record = r.Record(record)
	}
	return bot.ImportHead{Format: RecordFormat}, to.Record(record)
}

// Requeue imports a quarantined item again, in one transaction. It is resolved
// when nothing of it is quarantined again; else it stays, with the new reason,
// and what is good of it goes in.
func (s *Store) Requeue(ctx context.Context, id bot.InstitutionID, by bot.Actor, item int64, now time.Time, again Reread) (summary ImportSummary, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		q, source, err := openItem(ctx, tx, id, item)
		if err != nil {
			return err
		}
		m := s.importing(tx, id, ImportOptions{Source: source}, now)
		m.again = true
		if err := m.run(ctx, by, func(to bot.ImportSink) (bot.ImportHead, error) { return again.read(q, to) }); err != nil {
			return err
		}
		summary = m.summary
		if summary.Quarantined == 0 {
			_, err = tx.Exec(ctx, `update quarantine set resolved_at = $2, resolution = 'imported' where id = $1`, item, now)
		} else {
			_, err = tx.Exec(ctx, `update quarantine set reason = $2 where id = $1`, item, m.reason)
		}
		if err != nil {
			return fmt.Errorf("store: requeue quarantine %d: %w", item, err)
		}
		return audit(ctx, tx, id, now, by, "quarantine.requeue", subject{"quarantine", item})
	})
	return summary, unavailable(err)
}
