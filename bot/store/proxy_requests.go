package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// proxyRequestLife is how long a patient's answer is waited for.
const proxyRequestLife = 30 * 24 * time.Hour

// requestProxy keeps an account's wish to read an adult's results; asked is false
// when the patient has no chat of their own in which to be asked.
func (s *Store) requestProxy(ctx context.Context, tx pgx.Tx, b binding, patient bot.PatientID) (asked bool, err error) {
	_, err = tx.Exec(ctx, `insert into proxy_requests (institution_id, account_id, patient_id, relation, asked_at) values ($1, $2, $3, $4, $5)
		on conflict (institution_id, account_id, patient_id) where answered_at is null do update set relation = excluded.relation, asked_at = excluded.asked_at`,
		string(b.institution), int64(b.account), int64(patient), string(b.relation), b.now)
	if err != nil {
		return false, fmt.Errorf("store: request of account %d: %w", b.account, err)
	}
	if err := audit(ctx, tx, b.institution, b.now, bot.Actor{Kind: "account", ID: int64(b.account)}, "binding.request", subject{"patient", int64(patient)}); err != nil {
		return false, err
	}
	return s.askPatient(ctx, tx, b.institution, patient, b.now)
}

func proxyKey(request int64) string { return fmt.Sprintf("proxy/%d", request) }

// askPatient puts the oldest open request to the patient, in each chat of their
// own. One is asked at a time, so that an answer has one meaning.
func (s *Store) askPatient(ctx context.Context, tx pgx.Tx, id bot.InstitutionID, patient bot.PatientID, now time.Time) (asked bool, err error) {
	var request int64
	var relation bot.Relation
	err = tx.QueryRow(ctx, `select id, relation from proxy_requests where patient_id = $1 and answered_at is null and asked_at > $2 order by id limit 1`,
		int64(patient), now.Add(-proxyRequestLife)).Scan(&request, (*string)(&relation))
	if noRows(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("store: requests for patient %d: %w", patient, err)
	}
	own, err := readers(ctx, tx, patient, bot.RelationSelf)
	if err != nil {
		return false, err
	}
	for _, n := range own {
		n.Notice, n.Key, n.Relation = NoticeProxyAsk, proxyKey(request), relation
		if err := s.enqueue(ctx, tx, n, time.Time{}); err != nil {
			return false, err
		}
	}
	return len(own) > 0, nil
}

// ProxyAnswer is what a patient answered to a request.
type ProxyAnswer struct {
	Relation bot.Relation // the patient's, to whoever asked
	Agreed   bool
}

// AnswerProxy takes a patient's answer to the request their own chat was asked
// about; ok is false when it was asked about none. The message seq answers once,
// however often it is taken. Both sides are told.
func (s *Store) AnswerProxy(ctx context.Context, c bot.Conversation, agreed bool, seq int64, now time.Time) (answer ProxyAnswer, ok bool, err error) {
	err = s.db.In(ctx, c.Institution, func(tx pgx.Tx) error {
		answer, ok = ProxyAnswer{}, false
		err := tx.QueryRow(ctx, `select relation, agreed from proxy_requests where answered_by = $1 and answered_seq = $2`, int64(c.Account), seq).Scan((*string)(&answer.Relation), &answer.Agreed)
		if err == nil || !noRows(err) {
			ok = err == nil
			return err
		}
		request := binding{institution: c.Institution, now: now, allowedBy: c.Account}
		var number int64
		var patient bot.PatientID
		err = tx.QueryRow(ctx, `select r.id, r.account_id, r.patient_id, r.relation from proxy_requests r
			where r.answered_at is null and r.asked_at > $3
			and exists (select from bindings b where b.account_id = $1 and b.patient_id = r.patient_id and b.relation = 'self' and b.ended_at is null)
			and exists (select from outbox o where o.conversation_id = $2 and o.turn_key = $4 || r.id and o.state in ('sent', 'unknown'))
			order by r.id limit 1 for update of r`, int64(c.Account), int64(c.ID), now.Add(-proxyRequestLife), noticeKey("proxy/")).
			Scan(&number, (*int64)(&request.account), (*int64)(&patient), (*string)(&request.relation))
		if noRows(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("store: request answered in conversation %d: %w", c.ID, err)
		}
		answer, ok = ProxyAnswer{request.relation, agreed}, true
		_, err = tx.Exec(ctx, `update proxy_requests set answered_at = $2, agreed = $3, answered_by = $4, answered_seq = $5 where id = $1`, number, now, agreed, int64(c.Account), seq)
		if err != nil {
			return fmt.Errorf("store: request %d: %w", number, err)
		}
		return s.settleProxy(ctx, tx, request, patient, number, agreed)
	})
	return answer, ok, unavailable(err)
}

// settleProxy does what the patient answered, tells whoever asked, and puts the
// next request to the patient.
func (s *Store) settleProxy(ctx context.Context, tx pgx.Tx, request binding, patient bot.PatientID, number int64, agreed bool) error {
	action, notice := "binding.declined", NoticeProxyDeclined
	if agreed {
		action, notice = "binding.agreed", NoticeProxyAgreed
		if err := s.bind(ctx, tx, request, patient); err != nil {
			return err
		}
	}
	by := bot.Actor{Kind: "account", ID: int64(request.allowedBy)}
	if err := audit(ctx, tx, request.institution, request.now, by, action, subject{"patient", int64(patient)}); err != nil {
		return err
	}
	var proxy bot.ConversationID
	if err := tx.QueryRow(ctx, `select id from conversations where account_id = $1`, int64(request.account)).Scan((*int64)(&proxy)); err != nil {
		return fmt.Errorf("store: conversation of account %d: %w", request.account, err)
	}
	told := ChatNotice{Institution: request.institution, Conversation: proxy, Notice: notice, Relation: request.relation, Key: proxyKey(number) + "/answered"}
	if err := s.enqueue(ctx, tx, told, time.Time{}); err != nil {
		return err
	}
	_, err := s.askPatient(ctx, tx, request.institution, patient, request.now)
	return err
}
