package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/argon2"

	"careline/bot"
)

// The rules of a sign-in.
const (
	minPassword     = 10 // characters
	sessionIdle     = 15 * time.Minute
	sessionAbsolute = 12 * time.Hour
	failuresAllowed = 5
	failuresWindow  = 15 * time.Minute
	onShiftWithin   = 10 * time.Minute
)

func staffName(id bot.InstitutionID) field { return field{"staff", "name", id} }

// AddStaff adds a staff member; the password is kept as argon2id.
func (s *Store) AddStaff(ctx context.Context, by bot.Actor, staff bot.Staff, password string, now time.Time) (id bot.StaffID, err error) {
	if len([]rune(password)) < minPassword {
		return 0, bot.Errorf(bot.KindInvalid, fmt.Sprintf("The password needs at least %d characters.", minPassword), "store: password too short")
	}
	hash, err := hashPassword(password)
	if err != nil {
		return 0, err
	}
	name, err := s.vault.encrypt(staffName(staff.Institution), staff.Name)
	if err != nil {
		return 0, err
	}
	err = s.db.In(ctx, staff.Institution, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `insert into staff (institution_id, login, name_enc, role, password_hash, created_at) values ($1, $2, $3, $4, $5, $6) returning id`,
			string(staff.Institution), staff.Login, name, string(staff.Role), hash, now).Scan((*int64)(&id))
		if duplicate(err) {
			return bot.Errorf(bot.KindConflict, "This login is taken.", "store: login exists in %s", staff.Institution)
		}
		if err != nil {
			return bot.Errorf(bot.KindInvalid, "The staff member could not be added; a login has 2 to 40 lower-case letters, digits, dots, hyphens.", "store: add staff: %w", err)
		}
		return audit(ctx, tx, staff.Institution, now, by, "staff.add", subject{"staff", int64(id)})
	})
	return id, err
}

// SignIn opens a session. Wrong login and wrong password are one answer and take
// the same time; after five failures the login waits a quarter of an hour.
func (s *Store) SignIn(ctx context.Context, id bot.InstitutionID, login, password string, now time.Time) (token string, staff bot.Staff, err error) {
	wrong := bot.Errorf(bot.KindForbidden, "登录名或密码不对。 Login or password is wrong.", "store: sign-in refused at %s", id)
	var hash string
	var failures int
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `select count(*) from sign_in_failures where login = $1 and at > $2`, login, now.Add(-failuresWindow)).Scan(&failures); err != nil {
			return err
		}
		var name []byte
		var disabled *time.Time
		err := tx.QueryRow(ctx, `select id, login, name_enc, role, password_hash, disabled_at from staff where login = $1`, login).
			Scan((*int64)(&staff.ID), &staff.Login, &name, (*string)(&staff.Role), &hash, &disabled)
		if noRows(err) || disabled != nil {
			hash = ""
			return nil
		}
		if err != nil {
			return err
		}
		staff.Institution = id
		staff.Name, err = s.vault.decrypt(staffName(id), name)
		return err
	})
	if err != nil {
		return "", bot.Staff{}, unavailable(err)
	}
	if failures >= failuresAllowed {
		return "", bot.Staff{}, bot.Errorf(bot.KindForbidden, "试的次数太多了，请一刻钟后再试。 Too many attempts; please wait a quarter of an hour.", "store: sign-in blocked at %s", id)
	}
	right := checkPassword(hash, password)
	token, tokenHash, err := newToken()
	if err != nil {
		return "", bot.Staff{}, err
	}
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		if !right {
			b.Queue(`insert into sign_in_failures (institution_id, login, at) values ($1, $2, $3)`, string(id), login, now)
			queueAudit(b, id, now, bot.Actor{Kind: "system"}, "staff.sign_in_refused", subject{"staff", int64(staff.ID)})
			return send(ctx, tx, b)
		}
		b.Queue(`insert into staff_sessions (institution_id, token_hash, staff_id, created_at, seen_at, expires_at) values ($1, $2, $3, $4, $4, $5)`,
			string(id), tokenHash, int64(staff.ID), now, now.Add(sessionAbsolute))
		b.Queue(`delete from sign_in_failures where login = $1`, login)
		b.Queue(`delete from staff_sessions where expires_at < $1`, now)
		queueAudit(b, id, now, bot.Actor{Kind: "staff", ID: int64(staff.ID)}, "staff.sign_in", subject{"staff", int64(staff.ID)})
		return send(ctx, tx, b)
	})
	if err != nil {
		return "", bot.Staff{}, unavailable(err)
	}
	if !right {
		return "", bot.Staff{}, wrong
	}
	return token, staff, nil
}

// Session is who a session's token belongs to; it moves the idle limit on.
func (s *Store) Session(ctx context.Context, id bot.InstitutionID, token string, now time.Time) (staff bot.Staff, err error) {
	hash := sha256.Sum256([]byte(token))
	err = s.db.InQuick(ctx, id, func(tx pgx.Tx) error {
		var name []byte
		err := tx.QueryRow(ctx, `update staff_sessions x set seen_at = $2 from staff p
			where x.token_hash = $1 and x.expires_at > $2 and x.seen_at > $3 and p.institution_id = x.institution_id and p.id = x.staff_id and p.disabled_at is null
			returning p.id, p.login, p.name_enc, p.role`, hash[:], now, now.Add(-sessionIdle)).
			Scan((*int64)(&staff.ID), &staff.Login, &name, (*string)(&staff.Role))
		if noRows(err) {
			return bot.Errorf(bot.KindForbidden, "请重新登录。 Please sign in again.", "store: no such session at %s", id)
		}
		if err != nil {
			return err
		}
		staff.Institution = id
		staff.Name, err = s.vault.decrypt(staffName(id), name)
		return err
	})
	return staff, unavailable(err)
}

// SignOut ends the session of a token.
func (s *Store) SignOut(ctx context.Context, id bot.InstitutionID, token string, now time.Time) error {
	hash := sha256.Sum256([]byte(token))
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		var staff int64
		err := tx.QueryRow(ctx, `delete from staff_sessions where token_hash = $1 returning staff_id`, hash[:]).Scan(&staff)
		if noRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return audit(ctx, tx, id, now, bot.Actor{Kind: "staff", ID: staff}, "staff.sign_out", subject{"staff", staff})
	}))
}

// OnShift reports whether somebody who can answer patients was at the desk
// within the last ten minutes: nothing is promised on behalf of an empty desk.
func (s *Store) OnShift(ctx context.Context, id bot.InstitutionID, now time.Time) (on bool, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select exists (select from staff_sessions x join staff p using (institution_id)
			where p.id = x.staff_id and p.disabled_at is null and p.role in ('health_manager', 'clinician', 'supervisor')
			and x.seen_at > $1 and x.expires_at > $2)`, now.Add(-onShiftWithin), now).Scan(&on)
	})
	return on, unavailable(err)
}

// StaffNames are the names of an institution's staff, for pages of colleagues.
func (s *Store) StaffNames(ctx context.Context, id bot.InstitutionID) (map[bot.StaffID]bot.Staff, error) {
	all, err := s.staffList(ctx, id)
	if err != nil {
		return nil, unavailable(err)
	}
	names := map[bot.StaffID]bot.Staff{}
	for _, p := range all {
		names[p.ID] = p
	}
	return names, nil
}

func (s *Store) staffList(ctx context.Context, id bot.InstitutionID) (all []bot.Staff, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, login, name_enc, role, disabled_at is not null from staff order by id`)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p bot.Staff, err error) {
			var name []byte
			if err = row.Scan((*int64)(&p.ID), &p.Login, &name, (*string)(&p.Role), &p.Disabled); err != nil {
				return p, err
			}
			p.Institution = id
			p.Name, err = s.vault.decrypt(staffName(id), name)
			return p, err
		})
		return err
	})
	return all, err
}

// argon2id with the parameters of OWASP's password storage cheat sheet: 19 MiB, two passes.
const (
	argonTime, argonMemory, argonThreads = 2, 19 * 1024, 1
	argonKey, argonSalt                  = 32, 16
)

func hashPassword(password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("store: salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	encode := base64.RawStdEncoding.EncodeToString
	return "argon2id$" + encode(salt) + "$" + encode(key), nil
}

// checkPassword takes as long for an unknown login (empty hash) as for a known one.
func checkPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	salt, want := make([]byte, argonSalt), make([]byte, argonKey)
	known := len(parts) == 3 && parts[0] == "argon2id"
	if known {
		var errSalt, errKey error
		salt, errSalt = base64.RawStdEncoding.DecodeString(parts[1])
		want, errKey = base64.RawStdEncoding.DecodeString(parts[2])
		known = errSalt == nil && errKey == nil
	}
	got := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	return subtle.ConstantTimeCompare(got, want) == 1 && known
}

// newToken is a random session token and the hash the table keeps.
func newToken() (token string, hash []byte, err error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", nil, fmt.Errorf("store: token: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(token))
	return token, sum[:], nil
}
