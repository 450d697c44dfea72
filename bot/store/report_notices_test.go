package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// TestAnImportQueuesANoticeForWhatIsNewToThePatient: each step imports one version
// of the same report, in order.
func TestAnImportQueuesANoticeForWhatIsNewToThePatient(t *testing.T) {
	t.Parallel()
	type step struct {
		status bot.ResultStatus
		value  string
		quiet  bool // without --notify
		dry    bool
		want   int // notices, as the summary says
	}
	cases := map[string][]step{
		"a new report":                           {{status: bot.StatusFinal, value: "4.6", want: 1}},
		"the same file twice":                    {{status: bot.StatusFinal, value: "4.6", want: 1}, {status: bot.StatusFinal, value: "4.6"}},
		"a correction":                           {{status: bot.StatusFinal, value: "4.6", want: 1}, {status: bot.StatusCorrected, value: "5.2"}},
		"preliminary only":                       {{status: bot.StatusPreliminary, value: "4.6"}},
		"preliminary, then final":                {{status: bot.StatusPreliminary, value: "4.6"}, {status: bot.StatusFinal, value: "4.6", want: 1}},
		"withdrawn before it came":               {{status: bot.StatusCancelled, value: "4.6"}},
		"nobody asked for notices":               {{status: bot.StatusFinal, value: "4.6", quiet: true}},
		"asked for when the report was known":    {{status: bot.StatusFinal, value: "4.6", quiet: true}, {status: bot.StatusFinal, value: "4.6"}},
		"a dry run says so and leaves it to do":  {{status: bot.StatusFinal, value: "4.6", dry: true, want: 1}, {status: bot.StatusFinal, value: "4.6", want: 1}},
		"a late preliminary version of a report": {{status: bot.StatusFinal, value: "4.6", want: 1}, {status: bot.StatusPreliminary, value: "3.0"}},
	}
	s, db := storetest.New(t)
	importReport(t, s, store.ImportOptions{}, "R-0", bot.StatusFinal, "4.0", storetest.Now)
	followed(t, s, "anna")
	for name, steps := range cases {
		t.Run(name, func(t *testing.T) {
			queued := noticeJobs(t, db)
			for i, step := range steps {
				o := store.ImportOptions{Notify: !step.quiet, DryRun: step.dry}
				got := importReport(t, s, o, name, step.status, step.value, storetest.Now.Add(time.Duration(i)*time.Minute))
				if got.Notices != step.want {
					t.Errorf("step %d: the summary says %d notices, want %d", i+1, got.Notices, step.want)
				}
				if !step.dry {
					queued += step.want
				}
			}
			if jobs := noticeJobs(t, db); jobs != queued {
				t.Errorf("%d jobs wait, want %d", jobs, queued)
			}
		})
	}
}

func TestAnImportQueuesNoNoticeForWhomNobodyMayBeTold(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	if got := importReport(t, s, store.ImportOptions{Notify: true}, "R-1", bot.StatusFinal, "4.6", storetest.Now); got.Notices != 0 {
		t.Errorf("the summary says %d notices", got.Notices)
	}
	if jobs := noticeJobs(t, db); jobs != 0 {
		t.Errorf("%d jobs wait", jobs)
	}
}

func TestWhatTheChannelSaysOfANoticeIsRecorded(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		ref  string
		ok   bool
		want string
	}{
		"delivered":           {"delivered", true, "sent"},
		"not delivered":       {"not delivered", false, "failed"},
		"another's notice":    {"somebody else's", false, "sent"},
		"a notice with no id": {"", false, "sent"},
	}
	s, db := storetest.New(t)
	importReport(t, s, store.ImportOptions{}, "R-0", bot.StatusFinal, "4.6", storetest.Now)
	followed(t, s, "anna")
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			importReport(t, s, store.ImportOptions{}, name, bot.StatusFinal, "4.6", storetest.Now)
			var report bot.ReportID
			read(t, db, `select max(id) from reports`, (*int64)(&report))
			due, err := s.ClaimNotice(t.Context(), store.ReportReady{Institution: storetest.Hospital, Report: report}, []string{"wechat"}, 0, storetest.Now)
			if err != nil || due == nil || due.External.Plain() != "anna" {
				t.Fatal(due, err)
			}
			if err := s.SettleNotice(t.Context(), *due, bot.DeliverySent, name, storetest.Now); err != nil {
				t.Fatal(err)
			}
			if err := s.NoticeDelivered(t.Context(), storetest.Hospital, c.ref, c.ok, storetest.Now); err != nil {
				t.Fatal(err)
			}
			var state string
			read(t, db, `select state from report_notices order by report_id desc limit 1`, &state)
			if state != c.want {
				t.Errorf("state %q, want %q", state, c.want)
			}
		})
	}
}

// importReport imports one result of patient T-1.
func importReport(t *testing.T, s *store.Store, o store.ImportOptions, number string, status bot.ResultStatus, value string, at time.Time) store.ImportSummary {
	t.Helper()
	result := bot.Result{SourceID: "1", Name: "钾", Analyte: "K", Specimen: bot.SpecimenBlood, Value: bot.Value{Printed: value, Number: bot.MustDecimal(value), Unit: "mmol/L"}, Direction: bot.DirectionWithin, Status: status}
	file := bot.ImportFile{ImportHead: bot.ImportHead{Format: "csv", Digest: "d"}, Patients: []bot.ImportPatient{{
		Patient: bot.Patient{Identifiers: []bot.Identifier{{System: "H", Type: "MR", Value: "T-1"}}},
		Reports: []bot.Report{{System: "H", Number: number, Status: status, IssuedAt: at, Results: []bot.Result{result}}},
	}}}
	summary, err := s.Import(t.Context(), storetest.Hospital, bot.Actor{Kind: "operator"}, o, at, func(to bot.ImportSink) (bot.ImportHead, error) { return file.ImportHead, file.Send(to) })
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// followed binds a follower to patient T-1, with consent to notices.
func followed(t *testing.T, s *store.Store, openid string) {
	t.Helper()
	ctx, at := t.Context(), storetest.Now
	patient, err := s.FindPatient(ctx, storetest.Hospital, "T-1")
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Account(ctx, storetest.Hospital, "wechat", bot.T(openid), bot.Chinese, at)
	if err != nil {
		t.Fatal(err)
	}
	code, factor, _, err := s.MakeBindCode(ctx, storetest.Hospital, bot.Actor{Kind: "operator"}, patient, store.CodeOptions{Valid: time.Minute}, at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bind(ctx, storetest.Hospital, c.Account, code, factor, bot.RelationSelf, at); err != nil {
		t.Fatal(err)
	}
	if err := s.Consent(ctx, storetest.Hospital, c.Account, bot.PurposeNotices, "1", at); err != nil {
		t.Fatal(err)
	}
}

func noticeJobs(t *testing.T, db *postgres.DB) (n int) {
	t.Helper()
	read(t, db, `select count(*) from river.river_job where kind = 'report_ready'`, &n)
	return n
}

func read(t *testing.T, db *postgres.DB, sql string, into any) {
	t.Helper()
	err := db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), sql).Scan(into) })
	if err != nil {
		t.Fatal(err)
	}
}
