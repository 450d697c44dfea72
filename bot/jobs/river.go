package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"careline/bot/postgres"
	"careline/bot/store"
)

// river runs the jobs that need no order: new results are triaged within seconds
// of their import.
func (r *Runner) river(ctx context.Context) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &triageWorker{runner: r})
	river.AddWorker(workers, &reportReadyWorker{runner: r, notices: &ReportNotices{Store: r.Store, Adapters: r.Adapters, Log: r.Log}})
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}}
	if r.Media != nil {
		river.AddWorker(workers, &mediaWorker{runner: r})
		queues[store.MediaQueue] = river.QueueConfig{MaxWorkers: 4}
	}
	if r.Notices != nil {
		river.AddWorker(workers, &correctionWorker{runner: r})
		river.AddWorker(workers, &secondLookWorker{runner: r})
		river.AddWorker(workers, &bindingWorker{runner: r})
		river.AddWorker(workers, &chatWorker{runner: r})
	}
	client, err := river.NewClient(riverpgxv5.New(r.DB.Pool), &river.Config{
		Schema: postgres.RiverSchema, Logger: r.Log, Workers: workers,
		Queues: queues,
		// A job whose process died is tried again after this, not after River's hour.
		RescueStuckJobsAfter: time.Minute, JobTimeout: 30 * time.Second,
	})
	if err != nil {
		return fmt.Errorf("jobs: river: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("jobs: river: %w", err)
	}
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return client.Stop(grace)
}

type triageWorker struct {
	river.WorkerDefaults[store.TriageReport]
	runner *Runner
}

// Work triages one report.
func (w *triageWorker) Work(ctx context.Context, job *river.Job[store.TriageReport]) error {
	return w.runner.Triage(ctx, job.Args, w.runner.Now())
}

type correctionWorker struct {
	river.WorkerDefaults[store.CorrectionNotice]
	runner *Runner
}

// Work tells one conversation of a correction.
func (w *correctionWorker) Work(ctx context.Context, job *river.Job[store.CorrectionNotice]) error {
	return w.runner.Notices.Correction(ctx, job.Args, w.runner.Now())
}

type secondLookWorker struct {
	river.WorkerDefaults[store.SecondLook]
	runner *Runner
}

// Work looks for answers that were being written while an import corrected them.
func (w *secondLookWorker) Work(ctx context.Context, job *river.Job[store.SecondLook]) error {
	return w.runner.Store.LookAgain(ctx, job.Args, w.runner.Now())
}

type bindingWorker struct {
	river.WorkerDefaults[store.BindingNotice]
	runner *Runner
}

// Work tells one conversation that its binding ended.
func (w *bindingWorker) Work(ctx context.Context, job *river.Job[store.BindingNotice]) error {
	return w.runner.Notices.Binding(ctx, job.Args, w.runner.Now())
}

type chatWorker struct {
	river.WorkerDefaults[store.ChatNotice]
	runner *Runner
}

// laterNotice is when a conversation in which a person writes is tried again.
const laterNotice = 5 * time.Minute

// Work tells one conversation what happened elsewhere.
func (w *chatWorker) Work(ctx context.Context, job *river.Job[store.ChatNotice]) error {
	told, err := w.runner.Notices.Chat(ctx, job.Args, w.runner.Now())
	if err == nil && !told {
		return river.JobSnooze(laterNotice)
	}
	return err
}
