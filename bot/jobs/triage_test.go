package jobs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/jobs"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/retrieval/embed"
	"careline/retrieval/labs"
)

// TestANewCriticalResultIsTriagedWithoutAnybodyAsking: whoever is bound and agreed
// gets the reviewed text; where nobody is, staff have a case with nobody to write to.
func TestANewCriticalResultIsTriagedWithoutAnybodyAsking(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, potassium string
		bound           bool
		level           bot.Level // of the case; none: no case
		told            bool
	}{
		{"critical, patient bound", "7.1", true, bot.LevelEmergency, true},
		{"critical, nobody bound", "7.1", false, bot.LevelEmergency, false},
		{"high, not critical", "5.6", true, bot.LevelNone, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTriage(t, c.potassium)
			if c.bound {
				w.bind(t)
			}
			for range 2 {
				if err := w.triage.Triage(t.Context(), w.job, storetest.Now); err != nil {
					t.Fatal(err)
				}
			}
			open, err := w.triage.Store.Cases(t.Context(), storetest.Hospital, false)
			if err != nil || len(open) > 1 || (len(open) == 1) != (c.level != bot.LevelNone) {
				t.Fatalf("cases %+v, %v", open, err)
			}
			if len(open) == 1 && (open[0].Level != c.level || open[0].Result == 0 || (open[0].Conversation != 0) != c.bound) {
				t.Errorf("case %+v", open[0])
			}
			sent := w.sent(t)
			if c.told != (len(sent) == 1) || c.told && (!strings.Contains(sent[0], "7.1") || !strings.Contains(sent[0], "急诊")) {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

type triaging struct {
	triage  *jobs.ReportTriage
	db      *postgres.DB
	job     store.TriageReport
	patient bot.PatientID
}

func newTriage(t *testing.T, potassium string) *triaging {
	t.Helper()
	s, db := storetest.New(t)
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := labs.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	csv := fmt.Sprintf("病历号,报告单号,报告时间,项目名称,结果,单位,参考范围\nT-1,R-1,%s,钾,%s,mmol/L,3.5-5.3\n", storetest.Now.Add(-time.Hour).Format(time.RFC3339), potassium)
	file, err := labs.Parse(catalogue, "r.csv", strings.NewReader(csv), labs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveImport(t.Context(), storetest.Hospital, bot.Actor{Kind: "operator"}, file, storetest.Now); err != nil {
		t.Fatal(err)
	}
	finder := labs.NewFinder(db, catalogue, embed.BuiltIn(catalogue.Synonyms()))
	w := &triaging{db: db, triage: &jobs.ReportTriage{Store: s, Guard: g, Finder: finder, Critical: s.CriticalTable}}
	if w.patient, err = s.FindPatient(t.Context(), storetest.Hospital, "T-1"); err != nil {
		t.Fatal(err)
	}
	reports, err := finder.Reports(t.Context(), bot.Institution{ID: storetest.Hospital}, w.patient, 1)
	if err != nil || len(reports) != 1 {
		t.Fatal(reports, err)
	}
	w.job = store.TriageReport{Institution: storetest.Hospital, Patient: w.patient, Report: reports[0].ID}
	return w
}

func (w *triaging) bind(t *testing.T) {
	t.Helper()
	s := w.triage.Store
	c, err := s.Account(t.Context(), storetest.Hospital, "webchat", bot.T("anna"), bot.Chinese, storetest.Now)
	if err != nil {
		t.Fatal(err)
	}
	code, factor, _, err := s.MakeBindCode(t.Context(), storetest.Hospital, bot.Actor{Kind: "operator"}, w.patient, store.CodeOptions{Valid: time.Minute}, storetest.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bind(t.Context(), storetest.Hospital, c.Account, code, factor, bot.RelationSelf, storetest.Now); err != nil {
		t.Fatal(err)
	}
	if err := s.Consent(t.Context(), storetest.Hospital, c.Account, bot.PurposeReadReports, "1", storetest.Now); err != nil {
		t.Fatal(err)
	}
}

func (w *triaging) sent(t *testing.T) (texts []string) {
	t.Helper()
	for {
		out, err := w.triage.Store.ClaimSend(t.Context(), []store.Sender{{Channel: "webchat", Again: true}}, "sender", storetest.Now, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if out == nil {
			return texts
		}
		texts = append(texts, out.Text.Plain())
		if err := w.triage.Store.Sent(t.Context(), out, storetest.Now); err != nil {
			t.Fatal(err)
		}
	}
}
