package store

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Request is one request with an Idempotency-Key: whose, which, and the digest
// of everything that makes it that request.
type Request struct {
	Key         int64
	Value       string
	Fingerprint []byte
}

// Reply is what a request was answered.
type Reply struct {
	Status int
	Body   string
}

// answersKept is how long the same request gets the same answer.
const answersKept = 48 * time.Hour

// BeginRequest claims a request until lease. It returns the answer of one that was
// answered; else claimed says whether the caller is to do the work, or another
// does. The same key with another fingerprint is KindInvalid.
func (s *Store) BeginRequest(ctx context.Context, id bot.InstitutionID, r Request, lease, now time.Time) (before *Reply, claimed bool, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`delete from idempotency where at < $1`, now.Add(-answersKept))
		b.Queue(`insert into idempotency (institution_id, key_id, value, fingerprint, at, lease) values ($1, $2, $3, $4, $5, $6)
			on conflict (institution_id, key_id, value) do update set lease = excluded.lease
			where idempotency.status is null and idempotency.lease < $5 and idempotency.fingerprint = excluded.fingerprint
			returning true`, string(id), r.Key, r.Value, r.Fingerprint, now, lease).QueryRow(func(row pgx.Row) error {
			if err := row.Scan(&claimed); !noRows(err) {
				return err
			}
			return nil
		})
		if err := send(ctx, tx, b); err != nil || claimed {
			return err
		}
		before, err = answered(ctx, tx, r)
		return err
	})
	return before, claimed, unavailable(err)
}

// answered is the answer the request had, nil while it has none.
func answered(ctx context.Context, tx pgx.Tx, r Request) (*Reply, error) {
	var fingerprint []byte
	var status *int
	var body string
	err := tx.QueryRow(ctx, `select fingerprint, status, answer from idempotency where key_id = $1 and value = $2`, r.Key, r.Value).Scan(&fingerprint, &status, &body)
	switch {
	case noRows(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("store: idempotency: %w", err)
	case !bytes.Equal(fingerprint, r.Fingerprint):
		return nil, bot.Errorf(bot.KindInvalid, "This Idempotency-Key was used for another request; use a new one for each.", "store: idempotency key %d reused", r.Key)
	case status == nil:
		return nil, nil
	}
	return &Reply{*status, body}, nil
}

// EndRequest keeps a request's answer that no import's transaction kept: a refusal.
func (s *Store) EndRequest(ctx context.Context, id bot.InstitutionID, r Request, a Reply) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		queueReply(b, r, a)
		return send(ctx, tx, b)
	}))
}

func queueReply(b *pgx.Batch, r Request, a Reply) {
	b.Queue(`update idempotency set status = $3, answer = $4 where key_id = $1 and value = $2 and status is null`, r.Key, r.Value, a.Status, a.Body)
}

// ReleaseRequest forgets a request that may be tried again at once.
func (s *Store) ReleaseRequest(ctx context.Context, id bot.InstitutionID, r Request) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `delete from idempotency where key_id = $1 and value = $2 and status is null`, r.Key, r.Value)
		return err
	}))
}
