package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// AccountSessionLife is how long a browser that has shown whose it is reads the
// account's pages without showing it again.
const AccountSessionLife = 12 * time.Hour

// AccountSession opens a session for whoever showed an identity of a channel: the
// account must be known, and must not have unfollowed. The table keeps the
// token's hash only.
func (s *Store) AccountSession(ctx context.Context, id bot.InstitutionID, channel string, external bot.Text, now time.Time) (token string, err error) {
	identity, err := s.vault.lookup(accountExternal(id), external)
	if err != nil {
		return "", err
	}
	token, hash, err := newToken()
	if err != nil {
		return "", err
	}
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		var account int64
		err := tx.QueryRow(ctx, `select id from accounts where channel = $1 and external_hash = $2 and unfollowed_at is null`, channel, identity).Scan(&account)
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "请先关注我们，再打开这个页面。 Please follow us first.", "store: no account in %s for a session", channel)
		}
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`delete from account_sessions where expires_at <= $1`, now)
		b.Queue(`insert into account_sessions (institution_id, token_hash, account_id, created_at, expires_at) values ($1, $2, $3, $4, $5)`,
			string(id), hash, account, now, now.Add(AccountSessionLife))
		queueAudit(b, id, now, bot.Actor{Kind: "account", ID: account}, "account.enter", subject{"account", account})
		return send(ctx, tx, b)
	})
	return token, unavailable(err)
}

// SessionConversation is the conversation of the account a session's token stands
// for: KindNotFound when the session has expired or the account has unfollowed.
func (s *Store) SessionConversation(ctx context.Context, id bot.InstitutionID, token string, now time.Time) (c bot.Conversation, err error) {
	hash := sha256.Sum256([]byte(token))
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		c, err = scanConversation(tx.QueryRow(ctx, selectConversation+` where a.unfollowed_at is null
			and a.id = (select account_id from account_sessions where token_hash = $1 and expires_at > $2)`, hash[:], now))
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "请从微信里重新打开这个页面。 Please open this page from WeChat again.", "store: no such account session at %s", id)
		}
		return err
	})
	return c, unavailable(err)
}
