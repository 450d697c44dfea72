package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// ChatNotice is the job of telling a conversation what happened elsewhere, in a
// reviewed text. Ids only. The same key is the same notice.
type ChatNotice struct {
	Institution  bot.InstitutionID  `json:"institution"`
	Conversation bot.ConversationID `json:"conversation"`
	Notice       string             `json:"notice"`   // id of the reviewed text
	Relation     bot.Relation       `json:"relation"` // whose report it is about, to the reader
	Key          string             `json:"key"`
}

// Kind names the job in River's table.
func (ChatNotice) Kind() string { return "chat_notice" }

// The reviewed texts of chat notices.
const (
	NoticeBindingAdded  = "binding-added"
	NoticeProxyAsk      = "proxy-ask"
	NoticeProxyAgreed   = "proxy-agreed"
	NoticeProxyDeclined = "proxy-declined"
)

// Tell queues a notice once, however often it is called. It reports false, and has
// queued nothing, while a person writes there or only an emergency's text may
// leave: the notice is due later.
func (s *Store) Tell(ctx context.Context, job ChatNotice, text bot.Text, now time.Time) (told bool, err error) {
	err = s.db.In(ctx, job.Institution, func(tx pgx.Tx) error {
		c, err := lockThread(ctx, tx, job.Conversation)
		if err != nil {
			return err
		}
		if told = !staffOnly(c); !told {
			return nil
		}
		b := &pgx.Batch{}
		queueOutbox(b, c, outgoing{key: noticeKey(job.Key), author: bot.AuthorSystem, texts: []bot.Text{text}}, now)
		return send(ctx, tx, b)
	})
	return told, unavailable(err)
}

func noticeKey(key string) string { return "notice/" + key }

// Say queues a notice beside a turn's answer, which follows it. The same key is the
// same notice.
func (s *Store) Say(ctx context.Context, c bot.Conversation, key string, text bot.Text, now time.Time) error {
	_, err := s.Tell(ctx, ChatNotice{Institution: c.Institution, Conversation: c.ID, Key: key}, text, now)
	return err
}

// readers are who reads a patient's results, but for some accounts: conversations
// that can be written to, with their relation.
func readers(ctx context.Context, tx pgx.Tx, patient bot.PatientID, only bot.Relation, except ...bot.AccountID) ([]ChatNotice, error) {
	rows, err := tx.Query(ctx, `select c.institution_id, c.id, b.relation from bindings b join accounts a on a.institution_id = b.institution_id and a.id = b.account_id
		join conversations c on c.institution_id = b.institution_id and c.account_id = b.account_id
		where b.patient_id = $1 and b.account_id <> all($2) and b.ended_at is null and a.unfollowed_at is null and c.channel <> $3 and ($4 = '' or b.relation = $4) order by c.id`,
		int64(patient), plainAccounts(except), OperatorChannel, string(only))
	if err != nil {
		return nil, fmt.Errorf("store: who reads patient %d: %w", patient, err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (n ChatNotice, err error) {
		err = row.Scan((*string)(&n.Institution), (*int64)(&n.Conversation), (*string)(&n.Relation))
		return n, err
	})
}

func plainAccounts(all []bot.AccountID) []int64 {
	plain := make([]int64, len(all))
	for i, account := range all {
		plain[i] = int64(account)
	}
	return plain
}

// tellBound tells everybody else who reads the patient's results of a new binding,
// but for whoever allowed it.
func (s *Store) tellBound(ctx context.Context, tx pgx.Tx, b binding, patient bot.PatientID, number int64) error {
	others, err := readers(ctx, tx, patient, "", b.account, b.allowedBy)
	if err != nil {
		return err
	}
	for _, n := range others {
		n.Notice, n.Key = NoticeBindingAdded, fmt.Sprintf("bound/%d", number)
		if err := s.enqueue(ctx, tx, n, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
