package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

const (
	bindFailuresLimit = 5
	bindFailuresSpan  = 15 * time.Minute
	adultAge          = 18
)

// Bound says what became of a right code.
type Bound struct {
	Patient bot.PatientID
	// Requested: the patient is an adult and somebody else wants to read, so the
	// patient has to agree first. Nothing can be read yet. Asked: the patient was
	// asked in a chat of their own; else they have to tell staff.
	Requested, Asked bool
}

// Bind lets an account read a patient's results: code and factor must both be
// right. Wrong code and wrong factor are one answer; a code allows five tries, an
// account five failures in a quarter of an hour. Others bound to the patient are
// told. An adult's results open to somebody else only with that adult's consent.
func (s *Store) Bind(ctx context.Context, id bot.InstitutionID, account bot.AccountID, code, factor string, relation bot.Relation, now time.Time) (done Bound, err error) {
	codeHash, err := s.hashCode(id, code)
	if err != nil {
		return done, err
	}
	var refused *bot.Error
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		done, refused, err = s.tryCode(ctx, tx, binding{institution: id, account: account, codeHash: codeHash, factor: factor, relation: relation, now: now})
		return err
	})
	if err == nil && refused != nil {
		return Bound{}, refused
	}
	return done, unavailable(err)
}

// binding is one try.
type binding struct {
	institution bot.InstitutionID
	account     bot.AccountID
	codeHash    []byte
	factor      string
	relation    bot.Relation
	now         time.Time
	allowedBy   bot.AccountID // whose patient agreed, 0 where nobody was asked
}

// tryCode is Bind within a transaction: a refusal is committed, so that it counts.
func (s *Store) tryCode(ctx context.Context, tx pgx.Tx, b binding) (done Bound, refused *bot.Error, err error) {
	blocked, err := bindBlocked(ctx, tx, b.account, b.now)
	if err != nil {
		return done, nil, err
	}
	if blocked {
		return done, errTooMany(b.account), nil
	}
	factorHash, err := s.hashFactor(b.institution, b.codeHash, b.factor)
	if err != nil {
		return done, nil, err
	}
	var want string
	var tries int
	var reusable, agreed bool
	err = tx.QueryRow(ctx, `select patient_id, factor_hash, tries_left, reusable, patient_agreed from bind_codes
		where code_hash = $1 and expires_at > $2 and (used_at is null or reusable) for update`, b.codeHash, b.now).
		Scan((*int64)(&done.Patient), &want, &tries, &reusable, &agreed)
	if err != nil && !noRows(err) {
		return done, nil, err
	}
	if noRows(err) || tries == 0 || want != factorHash {
		return Bound{}, errWrongCode(b.account), s.bindFailed(ctx, tx, b, reusable)
	}
	if err := knownRelation(b.relation); err != nil {
		return done, nil, err
	}
	if done.Requested, err = needsConsent(ctx, tx, b, done.Patient, agreed); err != nil {
		return done, nil, err
	}
	if done.Requested {
		done.Asked, err = s.requestProxy(ctx, tx, b, done.Patient)
	} else {
		err = s.bind(ctx, tx, b, done.Patient)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `update bind_codes set used_at = $2 where code_hash = $1`, b.codeHash, b.now)
	}
	return done, nil, err
}

func bindBlocked(ctx context.Context, tx pgx.Tx, account bot.AccountID, now time.Time) (blocked bool, err error) {
	err = tx.QueryRow(ctx, `select count(*) >= $3 from bind_failures where account_id = $1 and at > $2`, int64(account), now.Add(-bindFailuresSpan), bindFailuresLimit).Scan(&blocked)
	return blocked, err
}

func errTooMany(account bot.AccountID) *bot.Error {
	return bot.Errorf(bot.KindForbidden, "试的次数太多了，请一刻钟后再试，或者联系我们的工作人员。 Too many attempts; please wait a quarter of an hour or ask our staff.", "store: binding blocked for account %d", account)
}

func errWrongCode(account bot.AccountID) *bot.Error {
	return bot.Errorf(bot.KindForbidden, "绑定码或核对码不对，或者已经过期。请核对后再试，也可以请工作人员重新发一个。 The code or the second factor is wrong or has expired.", "store: binding refused for account %d", account)
}

func knownRelation(relation bot.Relation) error {
	switch relation {
	case bot.RelationSelf, bot.RelationChild, bot.RelationParent, bot.RelationSpouse, bot.RelationOther:
		return nil
	}
	return bot.Errorf(bot.KindInvalid, "请选择这是谁的报告。 Please say whose report it is.", "store: unknown relation")
}

// needsConsent reports whether the patient must agree before this account reads:
// not for oneself, not for one's child under 18, not where staff have the consent,
// not for what the account reads already. An unknown birth date counts as an adult's.
func needsConsent(ctx context.Context, tx pgx.Tx, b binding, patient bot.PatientID, agreed bool) (bool, error) {
	if b.relation == bot.RelationSelf || agreed {
		return false, nil
	}
	var born bot.Date
	var bound bool
	err := tx.QueryRow(ctx, `select p.birth_date, exists (select from bindings b where b.account_id = $2 and b.patient_id = p.id and b.ended_at is null) from patients p where p.id = $1`,
		int64(patient), int64(b.account)).Scan((*string)(&born), &bound)
	if err != nil {
		return true, fmt.Errorf("store: patient %d: %w", patient, err)
	}
	age, known := born.AgeAt(b.now)
	return !bound && (b.relation != bot.RelationChild || !known || age >= adultAge), nil
}

func (s *Store) bindFailed(ctx context.Context, tx pgx.Tx, b binding, reusable bool) error {
	batch := &pgx.Batch{}
	batch.Queue(`insert into bind_failures (institution_id, account_id, at) values ($1, $2, $3)`, string(b.institution), int64(b.account), b.now)
	if !reusable {
		batch.Queue(`update bind_codes set tries_left = greatest(tries_left - 1, 0) where code_hash = $1`, b.codeHash)
	}
	queueAudit(batch, b.institution, b.now, bot.Actor{Kind: "account", ID: int64(b.account)}, "binding.refused", subject{"account", int64(b.account)})
	return send(ctx, tx, batch)
}

// bind opens the patient's results to the account and tells everybody else who
// reads them. Requests that waited for the patient are asked now.
func (s *Store) bind(ctx context.Context, tx pgx.Tx, b binding, patient bot.PatientID) error {
	var number int64
	var fresh bool
	err := tx.QueryRow(ctx, `insert into bindings (institution_id, account_id, patient_id, relation, bound_at) values ($1, $2, $3, $4, $5)
		on conflict (institution_id, account_id, patient_id) where ended_at is null do update set relation = excluded.relation returning id, xmax = 0`,
		string(b.institution), int64(b.account), int64(patient), string(b.relation), b.now).Scan(&number, &fresh)
	if err != nil {
		return fmt.Errorf("store: bind account %d: %w", b.account, err)
	}
	batch := &pgx.Batch{}
	batch.Queue(`update conversations set patient_id = $2 where account_id = $1`, int64(b.account), int64(patient))
	batch.Queue(`delete from bind_failures where account_id = $1`, int64(b.account))
	queueAudit(batch, b.institution, b.now, bot.Actor{Kind: "account", ID: int64(b.account)}, "binding.add", subject{"patient", int64(patient)})
	if err := send(ctx, tx, batch); err != nil {
		return fmt.Errorf("store: bind account %d: %w", b.account, err)
	}
	if fresh {
		if err := s.tellBound(ctx, tx, b, patient, number); err != nil {
			return err
		}
	}
	if b.relation != bot.RelationSelf {
		return nil
	}
	_, err = s.askPatient(ctx, tx, b.institution, patient, b.now)
	return err
}

// Unbind ends an account's binding to a patient.
func (s *Store) Unbind(ctx context.Context, id bot.InstitutionID, account bot.AccountID, patient bot.PatientID, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error { return unbind(ctx, tx, id, account, patient, now) }))
}

func unbind(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, account bot.AccountID, patient bot.PatientID, now time.Time) error {
	b := &pgx.Batch{}
	b.Queue(`update bindings set ended_at = $3 where account_id = $1 and patient_id = $2 and ended_at is null`, int64(account), int64(patient), now)
	b.Queue(`update conversations set patient_id = null where account_id = $1 and patient_id = $2`, int64(account), int64(patient))
	queueAudit(b, id, now, bot.Actor{Kind: "account", ID: int64(account)}, "binding.end", subject{"patient", int64(patient)})
	return send(ctx, tx, b)
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

const selectBindings = `select b.account_id, b.patient_id, b.relation, p.sex, p.birth_date, b.bound_at
	from bindings b join patients p on p.institution_id = b.institution_id and p.id = b.patient_id
	where b.account_id = $1 and b.ended_at is null and ` + followed + ` order by b.id`

func scanBinding(row pgx.CollectableRow) (b bot.Binding, err error) {
	err = row.Scan((*int64)(&b.Account), (*int64)(&b.Patient), (*string)(&b.Relation), (*string)(&b.Sex), (*string)(&b.Born), &b.Since)
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
