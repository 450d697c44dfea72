package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"careline/bot"
	"careline/bot/store"
	"careline/channels"
)

// Nobody's phone rings at night for a report: notices go out between these hours
// of the institution's clock.
const (
	noticesFrom  = 8
	noticesUntil = 21
)

// noticeTimeout is how long the channel has to accept one notice.
const noticeTimeout = 8 * time.Second

// ReportNotices tells who is bound to a patient, and agreed to notices, that a new
// report is there: not what is in it.
type ReportNotices struct {
	Store    *store.Store
	Adapters []channels.Adapter // those that are Notifiers
	Log      *slog.Logger
}

// Tell notifies the accounts of one report, each at most once however often it is
// called. A wait says when to call again, without an error: in the morning, or
// when the channel allows more. After an error it may be called again, unless this
// was the last time.
func (n *ReportNotices) Tell(ctx context.Context, job store.ReportReady, last bool, now time.Time) (wait time.Duration, err error) {
	inst, err := n.Store.Institution(ctx, job.Institution)
	if err != nil {
		return 0, err
	}
	if wait := untilMorning(now.In(inst.Location())); wait > 0 {
		return wait, nil
	}
	notifiers, names := n.notifiers()
	var after bot.AccountID
	for {
		due, errClaim := n.Store.ClaimNotice(ctx, job, names, after, now)
		if errClaim != nil || due == nil {
			return wait, errors.Join(err, errClaim)
		}
		after = due.Account
		later, errOne := n.tell(ctx, notifiers[due.Channel], *due, inst, last, now)
		wait, err = max(wait, later), errors.Join(err, errOne)
	}
}

func (n *ReportNotices) notifiers() (all map[string]channels.Notifier, names []string) {
	all = map[string]channels.Notifier{}
	for _, a := range n.Adapters {
		if notifier, ok := a.(channels.Notifier); ok {
			all[a.Name()] = notifier
			names = append(names, a.Name())
		}
	}
	return all, names
}

// tell sends one notice. It is tried again only when the channel said that it took
// nothing: two notices of one report are worse than none.
func (n *ReportNotices) tell(ctx context.Context, to channels.Notifier, due store.NoticeDue, inst bot.Institution, last bool, now time.Time) (wait time.Duration, err error) {
	sending, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()
	ref, errSend := to.ReportReady(sending, due.External, channels.ReportNotice{
		Institution: inst.Name, ReportedAt: due.ReportedAt.In(inst.Location()), Language: due.Language,
	})
	state := bot.DeliverySent
	if errSend != nil {
		failure, ok := errors.AsType[*channels.SendError](errSend)
		if !ok {
			failure = &channels.SendError{Kind: channels.Unknown, Err: errSend}
		}
		switch {
		case failure.Kind == channels.Unknown:
			state = bot.DeliveryUnknown
		case failure.Kind == channels.Later:
			state, wait = bot.DeliveryQueued, max(failure.After, time.Second)
		case failure.Kind == channels.Retry && !last:
			state, err = bot.DeliveryQueued, fmt.Errorf("jobs: notice of report %d to account %d was not taken", due.Report, due.Account)
		default:
			state = bot.DeliveryFailed
		}
		n.Log.Warn("a report's notice was not sent", "institution", due.Institution, "report", due.Report, "account", due.Account,
			"kind", failure.Kind, "operator", failure.Operator)
	}
	// What happened is recorded even when the job's time is over.
	return wait, errors.Join(err, n.Store.SettleNotice(context.WithoutCancel(ctx), due, state, ref, now))
}

// untilMorning is how long a notice waits by a clock on the wall; 0: not at all.
func untilMorning(local time.Time) time.Duration {
	year, month, day := local.Date()
	switch hour := local.Hour(); {
	case hour >= noticesUntil:
		return time.Date(year, month, day+1, noticesFrom, 0, 0, 0, local.Location()).Sub(local)
	case hour < noticesFrom:
		return time.Date(year, month, day, noticesFrom, 0, 0, 0, local.Location()).Sub(local)
	}
	return 0
}

type reportReadyWorker struct {
	river.WorkerDefaults[store.ReportReady]
	runner  *Runner
	notices *ReportNotices
}

// Work tells of one report, or puts the job off.
func (w *reportReadyWorker) Work(ctx context.Context, job *river.Job[store.ReportReady]) error {
	wait, err := w.notices.Tell(ctx, job.Args, job.Attempt >= job.MaxAttempts, w.runner.Now())
	if wait > 0 {
		return river.JobSnooze(wait)
	}
	return err
}
