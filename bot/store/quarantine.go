package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// QuarantineItem is an open item without what it holds.
type QuarantineItem struct {
	ID       int64     `json:"id"`
	At       time.Time `json:"at"`
	Source   string    `json:"source"`
	Position string    `json:"position"`
	Reason   string    `json:"reason"`
	Format   string    `json:"format"` // what the payload is
	Size     int       `json:"size"`   // of the payload, in bytes
}

// quarantineRow is an item to keep. The digest names it: the same item is open once.
type quarantineRow struct {
	bot.Quarantined
	digest []byte
}

func quarantineOf(q bot.Quarantined, source string) quarantineRow {
	q.Position, q.Reason, q.Format = clean(q.Position), clean(q.Reason), clean(q.Format)
	q.Payload = bot.T(clean(q.Payload.Plain()))
	digest := sha256.Sum256([]byte(source + "\x00" + q.Format + "\x00" + q.Position + "\x00" + q.Payload.Plain()))
	return quarantineRow{q, digest[:16]}
}

// clean puts the replacement character where PostgreSQL takes none.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

const addQuarantined = `insert into quarantine (institution_id, import_id, source, at, position, reason, format, payload, digest)
	select $1, $2, $3, $4, x.* from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[]) x
	on conflict (institution_id, digest) where resolved_at is null do update set reason = excluded.reason`

// queueQuarantine keeps each item once, however often its file comes. An item
// that is being imported again stays where it is.
func (p *plan) queueQuarantine(b *pgx.Batch) {
	m := p.importing
	if m.again {
		return
	}
	seen := map[string]bool{}
	var all []quarantineRow
	for _, q := range p.quarantined {
		if !seen[string(q.digest)] {
			seen[string(q.digest)] = true
			all = append(all, q)
		}
	}
	if len(all) == 0 {
		return
	}
	b.Queue(addQuarantined, string(m.id), m.number, m.Source, m.now,
		column(all, func(q quarantineRow) string { return q.Position }), column(all, func(q quarantineRow) string { return q.Reason }), column(all, func(q quarantineRow) string { return q.Format }),
		column(all, func(q quarantineRow) string { return q.Payload.Plain() }), column(all, func(q quarantineRow) []byte { return q.digest }))
}

// Quarantined lists the open items, newest first.
func (s *Store) Quarantined(ctx context.Context, id bot.InstitutionID, limit int) (all []QuarantineItem, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, at, source, position, reason, format, octet_length(payload) from quarantine
			where resolved_at is null order by id desc limit $1`, limit)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[QuarantineItem])
		return err
	})
	return all, unavailable(err)
}

// QuarantinePayload is an item as it was received. Who looked is recorded.
func (s *Store) QuarantinePayload(ctx context.Context, id bot.InstitutionID, by bot.Actor, item int64, now time.Time) (q bot.Quarantined, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		if q, _, err = openItem(ctx, tx, id, item); err != nil {
			return err
		}
		return audit(ctx, tx, id, now, by, "quarantine.view", subject{"quarantine", item})
	})
	return q, unavailable(err)
}

// openItem locks an open item.
func openItem(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, item int64) (q bot.Quarantined, source string, err error) {
	err = tx.QueryRow(ctx, `select position, reason, format, payload, source from quarantine where id = $1 and resolved_at is null for update`, item).
		Scan(&q.Position, &q.Reason, &q.Format, &q.Payload, &source)
	if noRows(err) {
		return q, "", bot.Errorf(bot.KindNotFound, fmt.Sprintf("There is no open item %d in the quarantine.", item), "store: quarantine %d not open at %s", item, id)
	}
	return q, source, err
}

// Dismiss closes an item without importing it. Staff, or the operator, say why.
func (s *Store) Dismiss(ctx context.Context, id bot.InstitutionID, by bot.Actor, item int64, because string, now time.Time) error {
	if by.Kind != "staff" && by.Kind != "operator" {
		return bot.Errorf(bot.KindForbidden, "Only staff dismiss what is in quarantine.", "store: dismiss quarantine %d by %s", item, by.Kind)
	}
	if strings.TrimSpace(because) == "" {
		return bot.Errorf(bot.KindInvalid, "Say why the item is dismissed.", "store: dismiss quarantine %d without a reason", item)
	}
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		if _, _, err := openItem(ctx, tx, id, item); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update quarantine set resolved_at = $2, resolution = 'dismissed', dismissed_because = $3 where id = $1`, item, now, because); err != nil {
			return fmt.Errorf("store: dismiss quarantine %d: %w", item, err)
		}
		return audit(ctx, tx, id, now, by, "quarantine.dismiss", subject{"quarantine", item})
	}))
}
