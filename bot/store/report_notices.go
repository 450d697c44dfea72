package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"careline/bot"
)

// ReportReady is the job of telling who is bound to a report's patient that it is
// there. Ids only.
type ReportReady struct {
	Institution bot.InstitutionID `json:"institution"`
	Report      bot.ReportID      `json:"report"`
}

// Kind names the job in River's table.
func (ReportReady) Kind() string { return "report_ready" }

// InsertOpts end the tries after about an hour: a late notice is worth little.
func (ReportReady) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 8} }

// mayBeTold are the accounts a report's notice may go to: bound to its patient,
// with consent to notices, and following.
const mayBeTold = `from reports r
	join bindings b on b.institution_id = r.institution_id and b.patient_id = r.patient_id and b.ended_at is null
	join accounts a on a.institution_id = b.institution_id and a.id = b.account_id and a.unfollowed_at is null
	join consents x on x.institution_id = a.institution_id and x.account_id = a.id and x.purpose = 'notices' and x.withdrawn_at is null
	where r.status in ('final', 'amended', 'corrected')`

// noteReady keeps a report that is there for its patient since this chunk: new, or
// known only as not released. A correction is told by its own notice.
func (m *importing) noteReady(r *reportRow) {
	if m.Notify && r.Status.Usable() && (r.isNew || !r.before.Status.Usable()) {
		m.ready[r.ID] = true
	}
}

// enqueueNotices puts a job for each report somebody may be told of into the
// import's transaction.
func (m *importing) enqueueNotices(ctx context.Context) error {
	client, err := m.jobs()
	if err != nil {
		return err
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(m.ready)), triageAtOnce) {
		rows, err := m.tx.Query(ctx, `select distinct r.id `+mayBeTold+` and r.id = any($1) order by r.id`, numbers(some))
		if err != nil {
			return fmt.Errorf("store: whom import %d notifies: %w", m.number, err)
		}
		jobs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (job river.InsertManyParams, err error) {
			args := ReportReady{Institution: m.id}
			err = row.Scan((*int64)(&args.Report))
			return river.InsertManyParams{Args: args}, err
		})
		if err != nil {
			return fmt.Errorf("store: whom import %d notifies: %w", m.number, err)
		}
		if len(jobs) == 0 {
			continue
		}
		if _, err := client.InsertManyFastTx(ctx, m.tx, jobs); err != nil {
			return fmt.Errorf("store: notices of import %d: %w", m.number, err)
		}
		m.summary.Notices += len(jobs)
	}
	return nil
}

// NoticeDue is one notice about to be sent. It holds no health data.
type NoticeDue struct {
	Institution bot.InstitutionID
	Report      bot.ReportID
	ReportedAt  time.Time
	Account     bot.AccountID
	Channel     string
	External    bot.Text
	Language    bot.Language
}

// noticeLost is when a notice still marked `sending` was a dead process's: longer
// than any send.
const noticeLost = time.Minute

// ClaimNotice marks the notice of a report to the next account as being sent, and
// returns it; nil when nobody is left after that account in these channels. From
// here on no other call returns it: what a dead process left is unknown for ever.
func (s *Store) ClaimNotice(ctx context.Context, job ReportReady, channels []string, after bot.AccountID, now time.Time) (due *NoticeDue, err error) {
	err = s.db.In(ctx, job.Institution, func(tx pgx.Tx) error {
		due = nil
		if _, err := tx.Exec(ctx, `update report_notices set state = 'unknown', at = $2 where report_id = $1 and state = 'sending' and at <= $3`,
			int64(job.Report), now, now.Add(-noticeLost)); err != nil {
			return err
		}
		n := NoticeDue{Institution: job.Institution, Report: job.Report}
		var sealed []byte
		err := tx.QueryRow(ctx, `with due as (
				select r.id report, coalesce(r.issued_at, r.collected_at, r.created_at) reported, a.id account, a.channel, a.external_enc, a.language `+mayBeTold+`
					and r.id = $1 and a.channel = any($2) and a.id > $3
					and not exists (select from report_notices n where n.institution_id = r.institution_id and n.report_id = r.id and n.account_id = a.id)
				order by a.id limit 1
			), claimed as (
				insert into report_notices (institution_id, report_id, account_id, state, at) select $4, report, account, 'sending', $5 from due
				on conflict do nothing returning account_id)
			select reported, account, channel, external_enc, language from due join claimed on account_id = account`,
			int64(job.Report), channels, int64(after), string(job.Institution), now).
			Scan(&n.ReportedAt, (*int64)(&n.Account), &n.Channel, &sealed, (*string)(&n.Language))
		if noRows(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("store: notice of report %d: %w", job.Report, err)
		}
		n.External, err = s.vault.decrypt(accountExternal(job.Institution), sealed)
		due = &n
		return err
	})
	return due, unavailable(err)
}

// SettleNotice records what became of a notice that was being sent: sent, unknown
// or failed; queued says that nothing of it was accepted and it may be claimed again.
func (s *Store) SettleNotice(ctx context.Context, n NoticeDue, state bot.Delivery, ref string, now time.Time) error {
	return unavailable(s.db.In(ctx, n.Institution, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		if state == bot.DeliveryQueued {
			b.Queue(`delete from report_notices where report_id = $1 and account_id = $2 and state = 'sending'`, int64(n.Report), int64(n.Account))
		} else {
			b.Queue(`update report_notices set state = $3, ref = $4, at = $5 where report_id = $1 and account_id = $2 and state = 'sending'`,
				int64(n.Report), int64(n.Account), string(state), ref, now)
		}
		queueAudit(b, n.Institution, now, bot.Actor{Kind: "system"}, "report.notice."+string(state), subject{"report", int64(n.Report)})
		if err := send(ctx, tx, b); err != nil {
			return fmt.Errorf("store: notice of report %d to account %d is %s: %w", n.Report, n.Account, state, err)
		}
		return nil
	}))
}

// NoticeDelivered records what the channel says became of a notice it had
// accepted. A ref that is not ours changes nothing.
func (s *Store) NoticeDelivered(ctx context.Context, id bot.InstitutionID, ref string, ok bool, now time.Time) error {
	if ref == "" {
		return nil
	}
	state := bot.DeliveryFailed
	if ok {
		state = bot.DeliverySent
	}
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update report_notices set state = $2, at = $3 where ref = $1`, ref, string(state), now)
		return err
	}))
}
