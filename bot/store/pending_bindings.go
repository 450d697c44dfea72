package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Step is how far something has come that is settled in a chat.
type Step string

// The steps. A binding goes relation, factor, consent, done; its end goes which,
// confirm, unbound. Requested: an adult patient was asked; unasked: they have no
// chat in which to be asked.
const (
	StepRelation  Step = "relation"
	StepFactor    Step = "factor"
	StepRefused   Step = "refused"
	StepBlocked   Step = "blocked"
	StepConsent   Step = "consent"
	StepDone      Step = "done"
	StepDeclined  Step = "declined"
	StepRequested Step = "requested"
	StepUnasked   Step = "unasked"
	StepWhich     Step = "which"
	StepConfirm   Step = "confirm"
	StepUnbound   Step = "unbound"
	StepCancelled Step = "cancelled"
)

// Pending is what is being settled with an account in its chat; the zero value is
// nothing.
type Pending struct {
	Step     Step
	Relation bot.Relation
	Patient  bot.PatientID
	Seq      int64 // the message that brought it to its step
	At       time.Time
}

// Refusal is the sentence and error of a refused step, nil for another step.
func (p Pending) Refusal(account bot.AccountID) *bot.Error {
	switch p.Step {
	case StepRefused:
		return errWrongCode(account)
	case StepBlocked:
		return errTooMany(account)
	}
	return nil
}

const selectPending = `select step, relation, coalesce(patient_id, 0), seq, at from pending_bindings where account_id = $1`

func scanPending(row pgx.Row) (p Pending, err error) {
	err = row.Scan((*string)(&p.Step), (*string)(&p.Relation), (*int64)(&p.Patient), &p.Seq, &p.At)
	if noRows(err) {
		return Pending{}, nil
	}
	return p, err
}

// Pending reads what is being settled with an account.
func (s *Store) Pending(ctx context.Context, id bot.InstitutionID, account bot.AccountID) (p Pending, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		p, err = scanPending(tx.QueryRow(ctx, selectPending, int64(account)))
		return err
	})
	return p, unavailable(err)
}

// BeginBinding starts the binding of a code that the message seq brought. Whether
// the code is right is not said before the second factor is given.
func (s *Store) BeginBinding(ctx context.Context, id bot.InstitutionID, account bot.AccountID, code string, seq int64, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error { return s.beginBinding(ctx, tx, id, account, code, seq, now) }))
}

func (s *Store) beginBinding(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, account bot.AccountID, code string, seq int64, now time.Time) error {
	hash, err := s.hashCode(id, code)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into pending_bindings (institution_id, account_id, code_hash, step, seq, at) values ($1, $2, $3, $4, $5, $6)
		on conflict (institution_id, account_id) do update set code_hash = excluded.code_hash, step = excluded.step, relation = '', patient_id = null, seq = excluded.seq, at = excluded.at
		where pending_bindings.seq < excluded.seq`, string(id), int64(account), hash, string(StepRelation), seq, now)
	if err != nil {
		return fmt.Errorf("store: begin a binding of account %d: %w", account, err)
	}
	return nil
}

// KnownCode reports whether a text is a code that can be used now.
func (s *Store) KnownCode(ctx context.Context, id bot.InstitutionID, code string, now time.Time) (known bool, err error) {
	hash, err := s.hashCode(id, code)
	if err != nil {
		return false, err
	}
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select exists (select from bind_codes where code_hash = $1 and expires_at > $2 and (used_at is null or reusable))`, hash, now).Scan(&known)
	})
	return known, unavailable(err)
}

// Advance brings an account to a step by the message p.Seq; a message that was
// taken before changes nothing. It returns where the account stands.
func (s *Store) Advance(ctx context.Context, id bot.InstitutionID, account bot.AccountID, p Pending, now time.Time) (Pending, error) {
	return s.step(ctx, id, account, p.Seq, func(pgx.Tx, Pending) (Pending, error) { return p, nil }, now)
}

// EndBinding ends the binding an account confirmed to end.
func (s *Store) EndBinding(ctx context.Context, id bot.InstitutionID, account bot.AccountID, seq int64, now time.Time) (Pending, error) {
	return s.step(ctx, id, account, seq, func(tx pgx.Tx, p Pending) (Pending, error) {
		if p.Step != StepConfirm {
			return p, nil
		}
		p.Step = StepUnbound
		return p, unbind(ctx, tx, id, account, p.Patient, now)
	}, now)
}

// AnswerConsent records the purposes an account agrees to, in the words of a
// version; none declines.
func (s *Store) AnswerConsent(ctx context.Context, id bot.InstitutionID, account bot.AccountID, purposes []bot.Purpose, version string, seq int64, now time.Time) (Pending, error) {
	return s.step(ctx, id, account, seq, func(tx pgx.Tx, p Pending) (Pending, error) {
		b := &pgx.Batch{}
		for _, purpose := range purposes {
			queueConsent(b, id, account, purpose, version, now)
		}
		if p.Step = StepDeclined; slices.Contains(purposes, bot.PurposeReadReports) {
			p.Step = StepDone
		}
		return p, send(ctx, tx, b)
	}, now)
}

// TryFactor takes the second factor of the code an account began with.
func (s *Store) TryFactor(ctx context.Context, id bot.InstitutionID, account bot.AccountID, factor string, seq int64, now time.Time) (Pending, error) {
	return s.step(ctx, id, account, seq, func(tx pgx.Tx, p Pending) (Pending, error) {
		try := binding{institution: id, account: account, factor: factor, relation: p.Relation, now: now}
		if err := tx.QueryRow(ctx, `select code_hash from pending_bindings where account_id = $1`, int64(account)).Scan(&try.codeHash); err != nil {
			return p, err
		}
		blocked, err := bindBlocked(ctx, tx, account, now)
		if err != nil {
			return p, err
		}
		done, refused, err := s.tryCode(ctx, tx, try)
		if err != nil {
			return p, err
		}
		p.Patient = done.Patient
		switch {
		case blocked:
			p.Step = StepBlocked
		case refused != nil:
			p.Step = StepRefused
		case done.Asked:
			p.Step = StepRequested
		case done.Requested:
			p.Step = StepUnasked
		default:
			p.Step, err = afterBinding(ctx, tx, account)
		}
		return p, err
	}, now)
}

// afterBinding is the step that follows a binding: consent, unless it was given.
func afterBinding(ctx context.Context, tx pgx.Tx, account bot.AccountID) (step Step, err error) {
	var consented bool
	err = tx.QueryRow(ctx, `select exists (select from consents where account_id = $1 and purpose = $2 and withdrawn_at is null)`, int64(account), string(bot.PurposeReadReports)).Scan(&consented)
	if consented {
		return StepDone, err
	}
	return StepConsent, err
}

// step takes an account from where it stands to where do says, by the message seq,
// in one transaction and once.
func (s *Store) step(ctx context.Context, id bot.InstitutionID, account bot.AccountID, seq int64, do func(pgx.Tx, Pending) (Pending, error), now time.Time) (p Pending, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		// The conversation's lock serialises an account's steps, the first of them too.
		if _, err := tx.Exec(ctx, `select from conversations where account_id = $1 for update`, int64(account)); err != nil {
			return err
		}
		if p, err = scanPending(tx.QueryRow(ctx, selectPending, int64(account))); err != nil || p.Seq >= seq {
			return err
		}
		if p, err = do(tx, p); err != nil {
			return err
		}
		p.Seq, p.At = seq, now
		_, err = tx.Exec(ctx, `insert into pending_bindings (institution_id, account_id, step, relation, patient_id, seq, at) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (institution_id, account_id) do update set step = excluded.step, relation = excluded.relation, patient_id = excluded.patient_id, seq = excluded.seq, at = excluded.at`,
			string(id), int64(account), string(p.Step), string(p.Relation), orNull(int64(p.Patient)), p.Seq, p.At)
		if err != nil {
			return fmt.Errorf("store: account %d at step %s: %w", account, p.Step, err)
		}
		return nil
	})
	return p, unavailable(err)
}

// Resumed reports whether parts that were held went out because the person wrote:
// a bare "go on" then needs no answer of its own.
func (s *Store) Resumed(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, since time.Time) (resumed bool, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select exists (select from outbox where conversation_id = $1 and queued_at < $2
			and (state in ('queued', 'sending') or state in ('sent', 'unknown') and sent_at >= $2))`, int64(conversation), since).Scan(&resumed)
	})
	return resumed, unavailable(err)
}
