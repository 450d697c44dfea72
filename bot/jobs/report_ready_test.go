package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels"
)

// noon is outside the quiet hours of the hospital, which is eight hours ahead.
var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// follower is an account of the official account.
type follower struct {
	openid                               string
	unbound, silent, unfollowed, visitor bool
}

// noticing is an institution whose official account is a fake.
type noticing struct {
	*testing.T
	store   *store.Store
	db      *postgres.DB
	wechat  *official
	log     *bytes.Buffer
	notices *jobs.ReportNotices
	patient bot.PatientID
}

// official is an official account that takes notices, or fails as told, one error
// a notice.
type official struct {
	page
	mu       sync.Mutex
	fail     []error
	accepted []string // openid and all that it was told
	asked    int
}

func (*official) Name() string { return "wechat" }

func (o *official) ReportReady(_ context.Context, external bot.Text, n channels.ReportNotice) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	if len(o.fail) > 0 {
		err := o.fail[0]
		o.fail = o.fail[1:]
		if err != nil {
			return "", err
		}
	}
	o.accepted = append(o.accepted, fmt.Sprintf("%s %s %s %s", external.Plain(), n.Institution, n.ReportedAt.Format("2006-01-02 15:04"), n.Language))
	return fmt.Sprint("ref-", len(o.accepted)), nil
}

func (o *official) told() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.accepted...)
}

// marker stands wherever a report has text.
const marker = "标记乙7391"

func newNoticing(t *testing.T, followers ...follower) *noticing {
	t.Helper()
	s, db := storetest.New(t)
	w := &noticing{T: t, store: s, db: db, wechat: &official{}, log: &bytes.Buffer{}}
	w.notices = &jobs.ReportNotices{Store: s, Adapters: []channels.Adapter{page{}, w.wechat}, Log: slog.New(slog.NewTextHandler(w.log, nil))}
	w.load("R-0", false)
	var err error
	if w.patient, err = s.FindPatient(t.Context(), storetest.Hospital, "T-1"); err != nil {
		t.Fatal(err)
	}
	for _, f := range followers {
		w.follow(f)
	}
	return w
}

func (w *noticing) follow(f follower) {
	w.Helper()
	ctx, at := w.Context(), storetest.Now
	channel := "wechat"
	if f.visitor {
		channel = "webchat"
	}
	c, err := w.store.Account(ctx, storetest.Hospital, channel, bot.T(f.openid), bot.Chinese, at)
	if err != nil {
		w.Fatal(err)
	}
	code, factor, _, err := w.store.MakeBindCode(ctx, storetest.Hospital, operator, w.patient, store.CodeOptions{Valid: time.Minute}, at)
	if err != nil {
		w.Fatal(err)
	}
	if _, err := w.store.Bind(ctx, storetest.Hospital, c.Account, code, factor, bot.RelationSelf, at); err != nil {
		w.Fatal(err)
	}
	if err := w.store.Consent(ctx, storetest.Hospital, c.Account, bot.PurposeNotices, "1", at); err != nil {
		w.Fatal(err)
	}
	if f.unbound {
		err = w.store.Unbind(ctx, storetest.Hospital, c.Account, w.patient, at)
	}
	if f.silent {
		err = errors.Join(err, w.store.Withdraw(ctx, storetest.Hospital, c.Account, bot.PurposeNotices, at))
	}
	if f.unfollowed {
		err = errors.Join(err, w.sql(`update accounts set unfollowed_at = $2 where id = $1`, int64(c.Account), at))
	}
	if err != nil {
		w.Fatal(err)
	}
}

// load imports a report of the patient, reported at 11:00 by the hospital's clock.
func (w *noticing) load(number string, notify bool) store.ReportReady {
	w.Helper()
	who := bot.Patient{Identifiers: []bot.Identifier{{System: "H", Type: "MR", Value: "T-1"}}, Name: bot.T(marker)}
	result := bot.Result{SourceID: "1", Name: marker, Value: bot.Value{Printed: marker}, Direction: bot.DirectionUnknown, Status: bot.StatusFinal, Note: marker}
	report := bot.Report{System: "H", Number: number, Title: marker, Status: bot.StatusFinal, Laboratory: marker, IssuedAt: noon.Add(-time.Hour), Results: []bot.Result{result}}
	file := bot.ImportFile{ImportHead: bot.ImportHead{Format: "csv", Digest: "d"}, Patients: []bot.ImportPatient{{Patient: who, Reports: []bot.Report{report}}}}
	_, err := w.store.Import(w.Context(), storetest.Hospital, operator, store.ImportOptions{Notify: notify}, storetest.Now,
		func(to bot.ImportSink) (bot.ImportHead, error) { return file.ImportHead, file.Send(to) })
	if err != nil {
		w.Fatal(err)
	}
	job := store.ReportReady{Institution: storetest.Hospital}
	w.read(`select id from reports where number = $1`, []any{number}, (*int64)(&job.Report))
	return job
}

func (w *noticing) tell(job store.ReportReady, now time.Time) (time.Duration, error) {
	w.Helper()
	return w.notices.Tell(w.Context(), job, false, now)
}

func (w *noticing) sql(sql string, args ...any) error {
	return w.db.In(w.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		_, err := tx.Exec(w.Context(), sql, args...)
		return err
	})
}

func (w *noticing) read(sql string, args []any, into ...any) {
	w.Helper()
	err := w.db.In(w.Context(), storetest.Hospital, func(tx pgx.Tx) error { return tx.QueryRow(w.Context(), sql, args...).Scan(into...) })
	if err != nil {
		w.Fatal(err)
	}
}

// states are those of a report's notices.
func (w *noticing) states(job store.ReportReady) (all string) {
	w.Helper()
	w.read(`select coalesce(string_agg(state, ' ' order by account_id), '') from report_notices where report_id = $1`, []any{int64(job.Report)}, &all)
	return all
}

func TestWhoIsBoundAndAgreedIsToldThatAReportIsThere(t *testing.T) {
	t.Parallel()
	w := newNoticing(t, follower{openid: "anna"}, follower{openid: "son"},
		follower{openid: "unbound", unbound: true}, follower{openid: "without consent", silent: true},
		follower{openid: "unfollowed", unfollowed: true}, follower{openid: "of the web page", visitor: true})
	job := w.load("R-1", true)
	if wait, err := w.tell(job, noon); wait != 0 || err != nil {
		t.Fatal(wait, err)
	}
	want := "anna Hospital 2026-11-23 11:00 zh|son Hospital 2026-11-23 11:00 zh"
	if got := strings.Join(w.wechat.told(), "|"); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestARecalledReportIsNotAnnounced(t *testing.T) {
	t.Parallel()
	w := newNoticing(t, follower{openid: "anna"})
	job := w.load("R-1", true)
	if err := w.sql(`update reports set status = 'entered-in-error' where id = $1`, int64(job.Report)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.tell(job, noon); err != nil || w.wechat.asked != 0 {
		t.Errorf("asked %d times, %v", w.wechat.asked, err)
	}
}

// TestANoticeHoldsNoHealthData: neither what is sent nor what is kept or logged of it.
func TestANoticeHoldsNoHealthData(t *testing.T) {
	t.Parallel()
	w := newNoticing(t, follower{openid: "anna-openid"}, follower{openid: "son"})
	job := w.load("R-1", true)
	w.wechat.fail = []error{nil, &channels.SendError{Kind: channels.Unknown, Err: errors.New("timeout")}}
	if _, err := w.tell(job, noon); err != nil {
		t.Fatal(err)
	}
	var kept, queued, audited string
	w.read(`select string_agg(to_jsonb(x)::text, '') from report_notices x`, nil, &kept)
	w.read(`select string_agg(args::text, '') from river.river_job where kind = 'report_ready'`, nil, &queued)
	w.read(`select string_agg(to_jsonb(x)::text, '') from audit x where action like 'report.notice%'`, nil, &audited)
	all := map[string]string{"sent": strings.Join(w.wechat.told(), ""), "kept": kept, "queued": queued, "audited": audited, "logged": w.log.String()}
	for where, text := range all {
		if text == "" {
			t.Errorf("nothing was %s", where)
		}
		if strings.Contains(text, marker) || where != "sent" && strings.Contains(text, "openid") {
			t.Errorf("%s: %s", where, text)
		}
	}
}

// TestNoticesKeepTheQuietHours: 21:00 to 8:00 by the institution's own clock, also
// in the night in which the clocks change.
func TestNoticesKeepTheQuietHours(t *testing.T) {
	t.Parallel()
	w := newNoticing(t)
	job := w.load("R-1", true)
	shanghai, berlin := zone(t, "Asia/Shanghai"), zone(t, "Europe/Berlin")
	if err := w.store.AddInstitution(t.Context(), bot.Institution{ID: "berlin", Name: "Klinik", TimeZone: "Europe/Berlin"}, nil, storetest.Now); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		at   time.Time
		want time.Duration
	}{
		{time.Date(2026, 11, 23, 7, 59, 0, 0, shanghai), time.Minute},
		{time.Date(2026, 11, 23, 8, 0, 0, 0, shanghai), 0},
		{time.Date(2026, 11, 23, 12, 0, 0, 0, shanghai), 0},
		{time.Date(2026, 11, 23, 20, 59, 59, 0, shanghai), 0},
		{time.Date(2026, 11, 23, 21, 0, 0, 0, shanghai), 11 * time.Hour},
		{time.Date(2026, 11, 23, 23, 30, 0, 0, shanghai), 8*time.Hour + 30*time.Minute},
		{time.Date(2026, 11, 24, 0, 0, 0, 0, shanghai), 8 * time.Hour},
		{time.Date(2026, 12, 31, 22, 0, 0, 0, shanghai), 10 * time.Hour},
		{time.Date(2026, 10, 24, 22, 0, 0, 0, berlin), 11 * time.Hour}, // summer time ends
		{time.Date(2026, 3, 28, 22, 0, 0, 0, berlin), 9 * time.Hour},   // and begins
	}
	for _, c := range cases {
		of := job
		if c.at.Location() == berlin {
			of.Institution = "berlin"
		}
		if wait, err := w.tell(of, c.at.UTC()); err != nil || wait != c.want {
			t.Errorf("at %s it waits %s (%v), want %s", c.at, wait, err, c.want)
		}
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestAnEveningsReportIsToldInTheMorning: by the job itself, once.
func TestAnEveningsReportIsToldInTheMorning(t *testing.T) {
	t.Parallel()
	w := newNoticing(t, follower{openid: "anna"})
	w.load("R-1", true)
	evening := time.Date(2026, 11, 23, 14, 30, 0, 0, time.UTC) // 22:30
	w.work(evening, `state = 'scheduled' and scheduled_at between now() + interval '9 hours' and now() + interval '10 hours'`)
	if told := w.wechat.told(); len(told) != 0 {
		t.Fatalf("told at night: %q", told)
	}
	if err := w.sql(`update river.river_job set scheduled_at = now(), state = 'available' where kind = 'report_ready'`); err != nil {
		t.Fatal(err)
	}
	w.work(evening.Add(9*time.Hour+30*time.Minute), `state = 'completed'`)
	if told := w.wechat.told(); len(told) != 1 {
		t.Errorf("told %q", told)
	}
}

// work runs the background of one process until the notice's job is as said.
func (w *noticing) work(now time.Time, until string) {
	w.Helper()
	ctx, stop := context.WithCancel(w.Context())
	var running sync.WaitGroup
	running.Go(func() {
		_ = jobs.New(jobs.Config{
			DB: w.db, Store: w.store, Decider: echo{}, Adapters: []channels.Adapter{page{}, w.wechat}, Now: func() time.Time { return now },
			Triage: func(context.Context, store.TriageReport, time.Time) error { return nil },
		}).Run(ctx)
	})
	defer running.Wait()
	defer stop()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var done bool
		w.read(`select count(*) = 1 and bool_and(`+until+`) from river.river_job where kind = 'report_ready'`, nil, &done)
		if done {
			return
		}
		if time.Now().After(deadline) {
			w.Fatalf("the job was never %s", until)
		}
	}
}

// TestAReportIsToldOnce: however often it is imported, its job runs, and whenever
// the process dies.
func TestAReportIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newNoticing(t, follower{openid: "anna"})
	cases := map[string]struct {
		run   func(job store.ReportReady)
		sends int
		state string
	}{
		"the job runs twice": {func(job store.ReportReady) {
			for range 2 {
				if _, err := w.tell(job, noon); err != nil {
					t.Fatal(err)
				}
			}
		}, 1, "sent"},
		"two workers run the job at once": {func(job store.ReportReady) {
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					if _, err := w.tell(job, noon); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
		}, 1, "sent"},
		"the process dies before the send": {func(job store.ReportReady) {
			due, err := w.store.ClaimNotice(t.Context(), job, []string{"wechat"}, 0, noon)
			if err != nil || due == nil {
				t.Fatal(due, err)
			}
			if _, err := w.tell(job, noon.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}, 0, "unknown"},
		"the report is imported again": {func(job store.ReportReady) {
			if _, err := w.tell(job, noon); err != nil {
				t.Fatal(err)
			}
			again := w.load("the report is imported again", true)
			if _, err := w.tell(again, noon); err != nil {
				t.Fatal(err)
			}
		}, 1, "sent"},
		"a lost answer": {func(job store.ReportReady) {
			w.wechat.fail = []error{&channels.SendError{Kind: channels.Unknown, Err: errors.New("timeout")}}
			for range 2 {
				if _, err := w.tell(job, noon); err != nil {
					t.Fatal(err)
				}
			}
		}, 1, "unknown"},
		"an error of no known kind": {func(job store.ReportReady) {
			w.wechat.fail = []error{errors.New("what")}
			for range 2 {
				if _, err := w.tell(job, noon); err != nil {
					t.Fatal(err)
				}
			}
		}, 1, "unknown"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			job, before := w.load(name, true), w.wechat.asked
			c.run(job)
			if got := w.wechat.asked - before; got != c.sends {
				t.Errorf("sent %d times, want %d", got, c.sends)
			}
			if got := w.states(job); got != c.state {
				t.Errorf("the notice is %q, want %q", got, c.state)
			}
		})
	}
}

// TestARefusedNoticeIsTriedAgainOnlyWhereNothingWasTaken: told twice, with what the
// channel says at the first time.
func TestARefusedNoticeIsTriedAgainOnlyWhereNothingWasTaken(t *testing.T) {
	t.Parallel()
	w := newNoticing(t, follower{openid: "anna"})
	cases := map[string]struct {
		first *channels.SendError
		last  bool
		again bool          // the job is tried again
		wait  time.Duration // after this
		sends int           // in all
		state string        // after the second time
	}{
		"refused, soon again":       {&channels.SendError{Kind: channels.Retry}, false, true, 0, 2, "sent"},
		"refused for the last time": {&channels.SendError{Kind: channels.Retry}, true, false, 0, 1, "failed"},
		"over the day's limit":      {&channels.SendError{Kind: channels.Later, After: time.Hour, Operator: true}, false, false, time.Hour, 2, "sent"},
		"over it for the last time": {&channels.SendError{Kind: channels.Later, After: time.Hour}, true, false, time.Hour, 2, "sent"},
		"never to this openid":      {&channels.SendError{Kind: channels.Never}, false, false, 0, 1, "failed"},
		"the window is closed":      {&channels.SendError{Kind: channels.Hold}, false, false, 0, 1, "failed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			job, before := w.load(name, true), w.wechat.asked
			c.first.Err = errors.New("channel")
			w.wechat.fail = []error{c.first}
			wait, err := w.notices.Tell(t.Context(), job, c.last, noon)
			if wait != c.wait || (err != nil) != c.again {
				t.Errorf("wait %s, %v", wait, err)
			}
			if _, err := w.tell(job, noon.Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			if got := w.wechat.asked - before; got != c.sends {
				t.Errorf("sent %d times, want %d", got, c.sends)
			}
			if got := w.states(job); got != c.state {
				t.Errorf("the notice is %q, want %q", got, c.state)
			}
		})
	}
}
