package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// OperatorChannel is the terminal's channel: `ask` and `chat`.
const OperatorChannel = "cli"

func accountExternal(id bot.InstitutionID) field { return field{"accounts", "external", id} }

// Account finds the conversation of an identity in a channel, making account and
// conversation on first sight.
func (s *Store) Account(ctx context.Context, id bot.InstitutionID, channel string, external bot.Text, language bot.Language, now time.Time) (c bot.Conversation, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		c, err = s.lockConversation(ctx, tx, id, channel, external, language, now)
		return err
	})
	return c, unavailable(err)
}

// FindAccount is Account for somebody who must have been here before.
func (s *Store) FindAccount(ctx context.Context, id bot.InstitutionID, channel string, external bot.Text) (c bot.Conversation, err error) {
	hash, err := s.vault.lookup(accountExternal(id), external)
	if err != nil {
		return c, err
	}
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		c, err = scanConversation(tx.QueryRow(ctx, selectConversation+` where a.channel = $1 and a.external_hash = $2`, channel, hash))
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "请刷新页面再试。 Please reload the page.", "store: no such account in %s", channel)
		}
		return err
	})
	return c, unavailable(err)
}

// OperatorConversation is the terminal's conversation about a patient.
func (s *Store) OperatorConversation(ctx context.Context, id bot.InstitutionID, patient bot.PatientID, now time.Time) (c bot.Conversation, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		external := OperatorExternal(patient)
		if c, err = s.lockConversation(ctx, tx, id, OperatorChannel, external, bot.Chinese, now); err != nil {
			return err
		}
		if c.Patient == patient {
			return audit(ctx, tx, id, now, bot.Actor{Kind: "operator"}, "operator.ask", subject{"patient", int64(patient)})
		}
		c.Patient = patient
		if _, err := tx.Exec(ctx, `update conversations set patient_id = $2 where id = $1`, int64(c.ID), int64(patient)); err != nil {
			return err
		}
		return audit(ctx, tx, id, now, bot.Actor{Kind: "operator"}, "operator.ask", subject{"patient", int64(patient)})
	})
	return c, unavailable(err)
}

// OperatorExternal is the terminal's identity for one patient's thread.
func OperatorExternal(patient bot.PatientID) bot.Text {
	return bot.T(fmt.Sprintf("operator/%d", patient))
}

const selectConversation = `select c.id, c.institution_id, c.account_id, c.channel, coalesce(c.owner_staff_id, 0), c.elsewhere, c.epoch, c.level,
	coalesce(c.patient_id, 0), a.language, coalesce(k.id, 0), c.counter, c.inbox_seq, c.urgent_text_at, a.unfollowed_at is not null
	from conversations c join accounts a on a.institution_id = c.institution_id and a.id = c.account_id
	left join cases k on k.institution_id = c.institution_id and k.conversation_id = c.id and k.closed_at is null`

// thread is a conversation with the counters its lock protects.
type thread struct {
	bot.Conversation
	counter  int64 // the last number given to an event
	inboxSeq int64 // the last inbound message
	urgentAt *time.Time
	// unfollowed: the account cannot be written to, and its bindings are suspended.
	unfollowed bool
}

func scanThread(row pgx.Row) (t thread, err error) {
	var level string
	err = row.Scan((*int64)(&t.ID), (*string)(&t.Institution), (*int64)(&t.Account), &t.Channel, (*int64)(&t.Owner.Staff), &t.Owner.Elsewhere, &t.Epoch, &level,
		(*int64)(&t.Patient), (*string)(&t.Language), (*int64)(&t.Case), &t.counter, &t.inboxSeq, &t.urgentAt, &t.unfollowed)
	if err != nil {
		return t, err
	}
	t.Level, err = bot.ParseLevel(level)
	return t, err
}

func scanConversation(row pgx.Row) (bot.Conversation, error) {
	t, err := scanThread(row)
	return t.Conversation, err
}

// lockThread locks a conversation's row: whoever changes a conversation holds it first.
func lockThread(ctx context.Context, tx pgx.Tx, conversation bot.ConversationID) (thread, error) {
	t, err := scanThread(tx.QueryRow(ctx, selectConversation+` where c.id = $1 for update of c`, int64(conversation)))
	if noRows(err) {
		return t, bot.Errorf(bot.KindNotFound, "没有这段会话。 There is no such conversation.", "store: conversation %d not found", conversation)
	}
	return t, err
}

func (s *Store) lockConversation(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, channel string, external bot.Text, language bot.Language, now time.Time) (bot.Conversation, error) {
	t, err := s.lockExternal(ctx, tx, id, channel, external, language, now)
	return t.Conversation, err
}

// lockExternal locks the conversation of an identity in a channel, making it first if need be.
func (s *Store) lockExternal(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, channel string, external bot.Text, language bot.Language, now time.Time) (thread, error) {
	hash, err := s.vault.lookup(accountExternal(id), external)
	if err != nil {
		return thread{}, err
	}
	find := func() (thread, error) {
		return scanThread(tx.QueryRow(ctx, selectConversation+` where a.channel = $1 and a.external_hash = $2 for update of c`, channel, hash))
	}
	t, err := find()
	if !noRows(err) {
		return t, err
	}
	sealed, err := s.vault.encrypt(accountExternal(id), external)
	if err != nil {
		return t, err
	}
	if language == "" {
		language = bot.Chinese
	}
	_, err = tx.Exec(ctx, `with account as (
			insert into accounts (institution_id, channel, external_hash, external_enc, language, created_at) values ($1, $2, $3, $4, $5, $6)
			on conflict do nothing returning id)
		insert into conversations (institution_id, account_id, channel, created_at) select $1, id, $2, $6 from account`,
		string(id), channel, hash, sealed, string(language), now)
	if err != nil {
		return t, fmt.Errorf("store: new account in %s: %w", channel, err)
	}
	return find()
}

// External is who an account is in its channel's words.
func (s *Store) External(ctx context.Context, id bot.InstitutionID, account bot.AccountID) (external bot.Text, err error) {
	var sealed []byte
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select external_enc from accounts where id = $1`, int64(account)).Scan(&sealed)
	})
	if err != nil {
		return bot.Text{}, unavailable(err)
	}
	return s.vault.decrypt(accountExternal(id), sealed)
}

// SetLanguage keeps the language an account chose.
func (s *Store) SetLanguage(ctx context.Context, id bot.InstitutionID, account bot.AccountID, language bot.Language) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update accounts set language = $2 where id = $1`, int64(account), string(language))
		return err
	}))
}
