package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Scope is what an API key may do.
type Scope string

// The scopes.
const (
	ScopeWrite Scope = "results:write" // send results
	ScopeRead  Scope = "results:read"  // see what became of an import
)

// APIKey is a machine's key. Its name is the source of what comes by it.
type APIKey struct {
	ID          int64             `json:"id"`
	Institution bot.InstitutionID `json:"institution"`
	Name        string            `json:"name"`
	Scopes      []Scope           `json:"scopes"`
	CreatedAt   time.Time         `json:"created_at"`
	UsedAt      *time.Time        `json:"used_at"` // to the minute
	RevokedAt   *time.Time        `json:"revoked_at"`
}

// May reports whether the key has the scope.
func (k APIKey) May(s Scope) bool { return slices.Contains(k.Scopes, s) }

// keyPrefix marks our keys for people and for secret scanners:
// clk_<institution>_<256 random bits in base64url>.
const keyPrefix = "clk_"

// usedEvery is how exactly the last use of a key is kept.
const usedEvery = time.Minute

// CreateKey makes a key. The secret is returned once; its SHA-256 is kept.
func (s *Store) CreateKey(ctx context.Context, id bot.InstitutionID, by bot.Actor, name string, scopes []Scope, now time.Time) (secret string, key APIKey, err error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", APIKey{}, fmt.Errorf("store: random key: %w", err)
	}
	secret = keyPrefix + string(id) + "_" + base64.RawURLEncoding.EncodeToString(raw)
	hash := sha256.Sum256([]byte(secret))
	key = APIKey{Institution: id, Name: name, Scopes: scopes, CreatedAt: now}
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `insert into api_keys (institution_id, name, hash, scopes, created_at) values ($1, $2, $3, $4, $5) returning id`,
			string(id), name, hash[:], scopeNames(scopes), now).Scan(&key.ID)
		switch {
		case duplicate(err):
			return bot.Errorf(bot.KindConflict, "There is or was a key of this name; choose another.", "store: key exists in %s", id)
		case violated(err):
			return bot.Errorf(bot.KindInvalid, "A key's name has up to 40 lower-case letters, digits, dots and hyphens; its scopes are results:write and results:read.", "store: create key: %w", err)
		case err != nil:
			return fmt.Errorf("store: create key: %w", err)
		}
		return audit(ctx, tx, id, now, by, "key.create", subject{"key", key.ID})
	})
	if err != nil {
		return "", APIKey{}, unavailable(err)
	}
	return secret, key, nil
}

func scopeNames(scopes []Scope) []string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return names
}

// Keys lists an institution's keys, revoked ones too, by id.
func (s *Store) Keys(ctx context.Context, id bot.InstitutionID) (all []APIKey, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, institution_id, name, scopes, created_at, used_at, revoked_at from api_keys order by id`)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k APIKey, err error) {
			err = row.Scan(&k.ID, (*string)(&k.Institution), &k.Name, &k.Scopes, &k.CreatedAt, &k.UsedAt, &k.RevokedAt)
			return k, err
		})
		return err
	})
	return all, unavailable(err)
}

// RevokeKey ends a key at once, by its name.
func (s *Store) RevokeKey(ctx context.Context, id bot.InstitutionID, by bot.Actor, name string, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		var key int64
		err := tx.QueryRow(ctx, `update api_keys set revoked_at = coalesce(revoked_at, $2) where name = $1 returning id`, name, now).Scan(&key)
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "There is no key of this name; `careline key list` shows them.", "store: key not found in %s", id)
		}
		if err != nil {
			return err
		}
		return audit(ctx, tx, id, now, by, "key.revoke", subject{"key", key})
	}))
}

// UseKey is the key a secret belongs to. A malformed, unknown and revoked one is
// the same KindForbidden. The secret names its institution; the row is found by
// the digest of 256 random bits, so the time of the lookup tells nothing of it.
func (s *Store) UseKey(ctx context.Context, secret string, now time.Time) (key APIKey, err error) {
	wrong := bot.Errorf(bot.KindForbidden, "The key is not known or was revoked.", "store: key refused")
	rest, ours := strings.CutPrefix(secret, keyPrefix)
	id, _, whole := strings.Cut(rest, "_")
	if !ours || !whole || len(secret) > 120 {
		return APIKey{}, wrong
	}
	hash := sha256.Sum256([]byte(secret))
	err = s.db.InQuick(ctx, bot.InstitutionID(id), func(tx pgx.Tx) error {
		var kept []byte
		err := tx.QueryRow(ctx, `select id, institution_id, name, scopes, created_at, used_at, hash from api_keys where hash = $1 and revoked_at is null`, hash[:]).
			Scan(&key.ID, (*string)(&key.Institution), &key.Name, &key.Scopes, &key.CreatedAt, &key.UsedAt, &kept)
		if noRows(err) || err == nil && subtle.ConstantTimeCompare(kept, hash[:]) != 1 {
			return wrong
		}
		if err != nil || key.UsedAt != nil && now.Sub(*key.UsedAt) < usedEvery {
			return err
		}
		_, err = tx.Exec(ctx, `update api_keys set used_at = $2 where id = $1`, key.ID, now)
		return err
	})
	if bot.KindOf(err) == bot.KindNotFound {
		return APIKey{}, wrong
	}
	return key, unavailable(err)
}
