package jobs_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/jobs"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels"
	"careline/retrieval/labs"
)

// explainer answers with the facts it is given.
type explainer struct {
	patient bot.PatientID
	facts   []bot.Fact
}

func (e explainer) Decide(_ context.Context, _ *bot.Turn, now time.Time) (bot.Decision, error) {
	return bot.Decision{
		Kind: bot.AnswerExplain, Author: bot.AuthorAssistant, Parts: []bot.Text{bot.T("钾是4.6")}, Released: []bot.Hash{bot.HashOf(bot.T("钾是4.6"))}, Patient: e.patient, Evidence: bot.Evidence{Facts: e.facts},
		Language: bot.Chinese, Verdict: bot.VerdictComposed, Composed: true, DecidedAt: now,
	}, nil
}

// TestACorrectionIsToldOnceFromTheFileToThePatient: an answer is sent, the
// laboratory corrects the result, a worker tells; the same correction again, and
// a job that ran but was not marked done, tell nothing more.
func TestACorrectionIsToldOnceFromTheFileToThePatient(t *testing.T) {
	t.Parallel()
	w := newTriage(t, "4.6")
	w.bind(t)
	s, now := w.triage.Store, storetest.Now
	facts, err := w.triage.Finder.ReportFacts(t.Context(), bot.Institution{ID: storetest.Hospital}, w.patient, w.job.Report, now)
	if err != nil || len(facts) != 1 {
		t.Fatal(facts, err)
	}
	in := bot.Inbound{Institution: storetest.Hospital, Channel: "webchat", ExternalID: bot.T("anna"), ProviderID: "m1", Kind: "text", Text: bot.T("钾高吗")}
	r, err := s.Receive(t.Context(), in, bot.Trigger{}, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jobs.AnswerNow(t.Context(), s, explainer{w.patient, facts}, storetest.Hospital, r.Conversation.ID, now); err != nil {
		t.Fatal(err)
	}
	if sent := w.sent(t); len(sent) != 1 {
		t.Fatalf("sent %q", sent)
	}
	for range 2 {
		w.load(t, "5.2")
	}

	// The process dies between the notice and the job's end: the job is tried again.
	notices := &jobs.Notices{Store: s, Guard: w.triage.Guard}
	job := store.CorrectionNotice{Institution: storetest.Hospital, Correction: 1}
	if err := notices.Correction(t.Context(), job, now); err != nil {
		t.Fatal(err)
	}
	w.work(t, notices)

	line, err := s.Timeline(t.Context(), storetest.Hospital, r.Conversation.ID, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, m := range line.Messages {
		if m.Author == bot.AuthorSystem {
			told = append(told, m.Text.Plain())
		}
	}
	if len(told) != 1 || !strings.Contains(told[0], "2026年11月23日") || !strings.Contains(told[0], "更正") || strings.Contains(told[0], "5.2") {
		t.Errorf("told %q", told)
	}
	open, err := s.Cases(t.Context(), storetest.Hospital, false)
	if err != nil || len(open) != 1 || open[0].Trigger.Rule != "corrected-result" {
		t.Errorf("cases %+v, %v", open, err)
	}
}

// load imports the report again with another value.
func (w *triaging) load(t *testing.T, value string) {
	t.Helper()
	catalogue, err := labs.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	csv := "病历号,报告单号,报告时间,项目名称,结果,单位,参考范围\nT-1,R-1," + storetest.Now.Add(-time.Hour).Format(time.RFC3339) + ",钾," + value + ",mmol/L,3.5-5.3\n"
	file, err := labs.Parse(catalogue, "r.csv", strings.NewReader(csv), labs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.triage.Store.SaveImport(t.Context(), storetest.Hospital, operator, file, storetest.Now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
}

var operator = bot.Actor{Kind: "operator"}

// work runs the background of one process until no job waits.
func (w *triaging) work(t *testing.T, notices *jobs.Notices) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		_ = jobs.New(jobs.Config{DB: w.db, Store: w.triage.Store, Decider: echo{}, Adapters: []channels.Adapter{page{}}, Triage: w.triage.Triage, Notices: notices}).Run(ctx)
	})
	defer running.Wait()
	defer stop()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		waiting, err := waitingJobs(t, w.db)
		if err != nil {
			t.Fatal(err)
		}
		depth, err := w.triage.Store.QueueDepth(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if waiting == 0 && depth.Sends == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d jobs and %d sends still wait", waiting, depth.Sends)
		}
	}
}

func waitingJobs(t *testing.T, db *postgres.DB) (n int, err error) {
	t.Helper()
	err = db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from river.river_job where state <> 'completed' and kind <> 'second_look'`).Scan(&n)
	})
	return n, err
}

// TestAnEndedBindingIsToldOnce: in the account's language, naming no patient.
func TestAnEndedBindingIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newTriage(t, "4.6")
	w.bind(t)
	s := w.triage.Store
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.FindAccount(t.Context(), storetest.Hospital, "webchat", bot.T("anna"))
	if err != nil {
		t.Fatal(err)
	}
	notices := &jobs.Notices{Store: s, Guard: g}
	for range 2 {
		if err := notices.Binding(t.Context(), store.BindingNotice{Institution: storetest.Hospital, Conversation: c.ID, Merge: 1}, storetest.Now); err != nil {
			t.Fatal(err)
		}
	}
	if sent := w.sent(t); len(sent) != 1 || !strings.Contains(sent[0], "绑定") {
		t.Errorf("sent %q", sent)
	}
}
