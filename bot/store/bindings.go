package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// The rules of binding: a code and, by another way, a second factor.
const (
	codeAlphabet      = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" // no 0 O 1 I
	codeLength        = 8
	maxCodeLife       = 10 * time.Minute
	bindFailuresLimit = 5
	bindFailuresSpan  = 15 * time.Minute
)

func bindCode(id bot.InstitutionID) field   { return field{"bind_codes", "code", id} }
func bindFactor(id bot.InstitutionID) field { return field{"bind_codes", "factor", id} }

// MakeBindCode makes a one-time code and its second factor; neither is kept in
// the clear or shown again.
func (s *Store) MakeBindCode(ctx context.Context, id bot.InstitutionID, by bot.Actor, patient bot.PatientID, valid time.Duration, now time.Time) (code, factor string, err error) {
	if valid <= 0 || valid > maxCodeLife {
		return "", "", bot.Errorf(bot.KindInvalid, "A code is valid for at most 10 minutes.", "store: bind code valid for %s", valid)
	}
	return s.makeCode(ctx, id, by, patient, valid, false, now)
}

// MakeDemoCode makes a code that works for a day and again and again. Demo
// institutions only: their people are invented and served on loopback.
func (s *Store) MakeDemoCode(ctx context.Context, id bot.InstitutionID, patient bot.PatientID, now time.Time) (code, factor string, err error) {
	inst, err := s.Institution(ctx, id)
	if err != nil {
		return "", "", err
	}
	if !inst.Demo {
		return "", "", bot.Errorf(bot.KindForbidden, "Only a demo institution has reusable codes.", "store: demo code for %s", id)
	}
	return s.makeCode(ctx, id, bot.Actor{Kind: "operator"}, patient, 24*time.Hour, true, now)
}

func (s *Store) makeCode(ctx context.Context, id bot.InstitutionID, by bot.Actor, patient bot.PatientID, valid time.Duration, reusable bool, now time.Time) (code, factor string, err error) {
	if code, err = pick(codeAlphabet, codeLength); err != nil {
		return "", "", err
	}
	if factor, err = pick("0123456789", 6); err != nil {
		return "", "", err
	}
	codeHash, factorHash, err := s.hashCode(id, code, factor)
	if err != nil {
		return "", "", err
	}
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`delete from bind_codes where expires_at < $1`, now)
		b.Queue(`insert into bind_codes (institution_id, code_hash, factor_hash, patient_id, reusable, made_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`,
			string(id), codeHash, factorHash, int64(patient), reusable, now, now.Add(valid))
		queueAudit(b, id, now, by, "binding.code", subject{"patient", int64(patient)})
		return send(ctx, tx, b)
	})
	if err != nil {
		return "", "", unavailable(err)
	}
	return code, factor, nil
}

func (s *Store) hashCode(id bot.InstitutionID, code, factor string) (codeHash []byte, factorHash string, err error) {
	tidy := strings.ToUpper(strings.Join(strings.Fields(strings.ReplaceAll(code, "-", "")), ""))
	if codeHash, err = s.vault.lookup(bindCode(id), bot.T(tidy)); err != nil {
		return nil, "", err
	}
	raw, err := s.vault.lookup(bindFactor(id), bot.T(tidy+"/"+strings.Join(strings.Fields(factor), "")))
	return codeHash, hex.EncodeToString(raw), err
}

func pick(alphabet string, n int) (string, error) {
	var b strings.Builder
	for range n {
		i, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return "", fmt.Errorf("store: random code: %w", err)
		}
		b.WriteByte(alphabet[i.Int64()])
	}
	return b.String(), nil
}

// Bind lets an account read a patient's results: code and factor must both be
// right. Wrong code and wrong factor are one answer; a code allows five tries, an
// account five failures in a quarter of an hour. Others bound to the patient are told.
func (s *Store) Bind(ctx context.Context, id bot.InstitutionID, account bot.AccountID, code, factor string, relation bot.Relation, now time.Time) (patient bot.PatientID, err error) {
	codeHash, factorHash, err := s.hashCode(id, code, factor)
	if err != nil {
		return 0, err
	}
	var refused *bot.Error
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		var failures int
		err := tx.QueryRow(ctx, `select count(*) from bind_failures where account_id = $1 and at > $2`, int64(account), now.Add(-bindFailuresSpan)).Scan(&failures)
		if err != nil {
			return err
		}
		if failures >= bindFailuresLimit {
			refused = bot.Errorf(bot.KindForbidden, "试的次数太多了，请一刻钟后再试，或者联系我们的工作人员。 Too many attempts; please wait a quarter of an hour or ask our staff.", "store: binding blocked for account %d", account)
			return nil
		}
		var want string
		var tries int
		var reusable bool
		err = tx.QueryRow(ctx, `select patient_id, factor_hash, tries_left, reusable from bind_codes
			where code_hash = $1 and expires_at > $2 and (used_at is null or reusable) for update`, codeHash, now).Scan((*int64)(&patient), &want, &tries, &reusable)
		if err != nil && !noRows(err) {
			return err
		}
		if noRows(err) || tries == 0 || want != factorHash {
			patient = 0
			refused = bot.Errorf(bot.KindForbidden, "绑定码或核对码不对，或者已经过期。请核对后再试，也可以请工作人员重新发一个。 The code or the second factor is wrong or has expired.", "store: binding refused for account %d", account)
			return s.bindFailed(ctx, tx, id, account, codeHash, reusable, now)
		}
		return s.bound(ctx, tx, id, account, patient, relation, codeHash, now)
	})
	if err == nil && refused != nil {
		return 0, refused
	}
	return patient, unavailable(err)
}

func (s *Store) bindFailed(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, account bot.AccountID, codeHash []byte, reusable bool, now time.Time) error {
	b := &pgx.Batch{}
	b.Queue(`insert into bind_failures (institution_id, account_id, at) values ($1, $2, $3)`, string(id), int64(account), now)
	if !reusable {
		b.Queue(`update bind_codes set tries_left = greatest(tries_left - 1, 0) where code_hash = $1`, codeHash)
	}
	queueAudit(b, id, now, bot.Actor{Kind: "account", ID: int64(account)}, "binding.refused", subject{"account", int64(account)})
	return send(ctx, tx, b)
}

func (s *Store) bound(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, account bot.AccountID, patient bot.PatientID, relation bot.Relation, codeHash []byte, now time.Time) error {
	switch relation {
	case bot.RelationSelf, bot.RelationChild, bot.RelationParent, bot.RelationSpouse, bot.RelationOther:
	default:
		return bot.Errorf(bot.KindInvalid, "请选择这是谁的报告。 Please say whose report it is.", "store: unknown relation")
	}
	b := &pgx.Batch{}
	b.Queue(`update bind_codes set used_at = $2 where code_hash = $1`, codeHash, now)
	b.Queue(`insert into bindings (institution_id, account_id, patient_id, relation, bound_at) values ($1, $2, $3, $4, $5)
		on conflict (institution_id, account_id, patient_id) where ended_at is null do update set relation = excluded.relation`,
		string(id), int64(account), int64(patient), string(relation), now)
	b.Queue(`update conversations set patient_id = $2 where account_id = $1`, int64(account), int64(patient))
	b.Queue(`delete from bind_failures where account_id = $1`, int64(account))
	queueAudit(b, id, now, bot.Actor{Kind: "account", ID: int64(account)}, "binding.add", subject{"patient", int64(patient)})
	if err := send(ctx, tx, b); err != nil {
		return fmt.Errorf("store: bind account %d: %w", account, err)
	}
	return nil
}

// Unbind ends an account's binding to a patient.
func (s *Store) Unbind(ctx context.Context, id bot.InstitutionID, account bot.AccountID, patient bot.PatientID, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`update bindings set ended_at = $3 where account_id = $1 and patient_id = $2 and ended_at is null`, int64(account), int64(patient), now)
		b.Queue(`update conversations set patient_id = null where account_id = $1 and patient_id = $2`, int64(account), int64(patient))
		queueAudit(b, id, now, bot.Actor{Kind: "account", ID: int64(account)}, "binding.end", subject{"patient", int64(patient)})
		return send(ctx, tx, b)
	}))
}

// Bindings are the patients an account may ask about, oldest first.
func (s *Store) Bindings(ctx context.Context, id bot.InstitutionID, account bot.AccountID) (all []bot.Binding, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectBindings, int64(account))
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, scanBinding)
		return err
	})
	return all, unavailable(err)
}

const selectBindings = `select b.account_id, b.patient_id, b.relation, p.sex, b.bound_at
	from bindings b join patients p on p.institution_id = b.institution_id and p.id = b.patient_id
	where b.account_id = $1 and b.ended_at is null and ` + followed + ` order by b.id`

func scanBinding(row pgx.CollectableRow) (b bot.Binding, err error) {
	err = row.Scan((*int64)(&b.Account), (*int64)(&b.Patient), (*string)(&b.Relation), (*string)(&b.Sex), &b.Since)
	return b, err
}

// ChoosePatient says whose report a conversation is about from now on; only a
// patient bound to its account can be chosen.
func (s *Store) ChoosePatient(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, patient bot.PatientID, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update conversations c set patient_id = $2 where c.id = $1
			and exists (select from bindings b where b.institution_id = c.institution_id and b.account_id = c.account_id and b.patient_id = $2 and b.ended_at is null and `+followed+`)`,
			int64(conversation), int64(patient))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return bot.Errorf(bot.KindNotFound, "这位还没有绑定。 This person is not linked yet.", "store: patient %d is not bound in conversation %d", patient, conversation)
		}
		return audit(ctx, tx, id, now, bot.Actor{Kind: "system"}, "conversation.patient", subject{"patient", int64(patient)})
	}))
}
