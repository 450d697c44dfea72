package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Consent records that an account agreed to a purpose in the words of a version.
func (s *Store) Consent(ctx context.Context, id bot.InstitutionID, account bot.AccountID, purpose bot.Purpose, version string, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		queueConsent(b, id, account, purpose, version, now)
		return send(ctx, tx, b)
	}))
}

func queueConsent(b *pgx.Batch, id bot.InstitutionID, account bot.AccountID, purpose bot.Purpose, version string, now time.Time) {
	b.Queue(`insert into consents (institution_id, account_id, purpose, text_version, given_at) values ($1, $2, $3, $4, $5)
		on conflict (institution_id, account_id, purpose) where withdrawn_at is null do nothing`,
		string(id), int64(account), string(purpose), version, now)
	queueAudit(b, id, now, bot.Actor{Kind: "account", ID: int64(account)}, "consent.give."+string(purpose), subject{"account", int64(account)})
}

// WithdrawAll ends all of an account's consents.
func (s *Store) WithdrawAll(ctx context.Context, id bot.InstitutionID, account bot.AccountID, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`update consents set withdrawn_at = $2 where account_id = $1 and withdrawn_at is null`, int64(account), now)
		queueAudit(b, id, now, bot.Actor{Kind: "account", ID: int64(account)}, "consent.withdraw", subject{"account", int64(account)})
		return send(ctx, tx, b)
	}))
}

// Withdraw ends a consent: from now on it is as if it had not been given.
func (s *Store) Withdraw(ctx context.Context, id bot.InstitutionID, account bot.AccountID, purpose bot.Purpose, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`update consents set withdrawn_at = $3 where account_id = $1 and purpose = $2 and withdrawn_at is null`, int64(account), string(purpose), now)
		queueAudit(b, id, now, bot.Actor{Kind: "account", ID: int64(account)}, "consent.withdraw."+string(purpose), subject{"account", int64(account)})
		return send(ctx, tx, b)
	}))
}

// Consents are the purposes an account agrees to now.
func (s *Store) Consents(ctx context.Context, id bot.InstitutionID, account bot.AccountID) (given map[bot.Purpose]bool, err error) {
	given = map[bot.Purpose]bool{}
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select purpose from consents where account_id = $1 and withdrawn_at is null`, int64(account))
		if err != nil {
			return err
		}
		var purpose string
		_, err = pgx.ForEachRow(rows, []any{&purpose}, func() error { given[bot.Purpose(purpose)] = true; return nil })
		return err
	})
	return given, unavailable(err)
}
