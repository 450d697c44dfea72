package store_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

func quarantined(t *testing.T, s *store.Store) []store.QuarantineItem {
	t.Helper()
	items, err := s.Quarantined(t.Context(), storetest.Hospital, 10)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func TestAQuarantinedRecordIsKeptWholeAndReadBack(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	bad := oneResult("P", "R", "4.10", bot.StatusFinal, 1)
	bad.Patient.Identifiers, bad.Patient.Phone = nil, bot.T("13800000000")
	for range 2 {
		send(t, t, s, store.ImportOptions{Source: "lis"}, bad)
	}
	items := quarantined(t, s)
	if len(items) != 1 || items[0].Format != store.RecordFormat || items[0].Source != "lis" || items[0].Size == 0 {
		t.Fatalf("items %+v, want the record once", items)
	}
	q, err := s.QuarantinePayload(t.Context(), storetest.Hospital, operator, items[0].ID, storetest.Now)
	if err != nil {
		t.Fatal(err)
	}
	back, err := store.RecordOf(q.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bad, back, cmp.AllowUnexported(bot.Text{}, bot.Decimal{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if seen := lines(t, t, db, `select action from audit where action = 'quarantine.view'`); len(seen) != 1 {
		t.Error("looking at an item leaves no audit row")
	}
}

func TestAQuarantinedRecordIsImportedAgainOnceItsReasonIsGone(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	send(t, t, s, store.ImportOptions{}, oneResult("P", "R0", "4.1", bot.StatusFinal, 1))
	bad := oneResult("P", "R", "4.2", bot.StatusFinal, 1)
	bad.Patient.BirthDate = "1981"
	send(t, t, s, store.ImportOptions{}, bad)
	item := quarantined(t, s)[0].ID
	fix := func(sex bot.Sex, born bot.Date) store.Reread {
		return store.Reread{Record: func(r bot.ImportRecord) bot.ImportRecord {
			r.Patient.Sex, r.Patient.BirthDate = sex, born
			return r
		}}
	}
	if got, err := s.Requeue(t.Context(), storetest.Hospital, operator, item, storetest.Now, fix(bot.SexMale, "1980")); err != nil || got.Quarantined != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if items := quarantined(t, s); len(items) != 1 || items[0].ID != item || items[0].Reason != "the identifier is known with another sex" {
		t.Fatalf("after a rerun that failed: %+v", items)
	}
	got, err := s.Requeue(t.Context(), storetest.Hospital, operator, item, storetest.Now, fix(bot.SexFemale, "1980-03-05"))
	if err != nil || got.Quarantined != 0 || got.Changed != 1 || len(quarantined(t, s)) != 0 {
		t.Fatalf("%+v, %v, %d still open", got, err, len(quarantined(t, s)))
	}
	if values := lines(t, t, db, `select value_printed from results order by 1`); !slices.Equal(values, []string{"4.1", "4.2"}) {
		t.Errorf("results %v", values)
	}
	if _, err := s.Requeue(t.Context(), storetest.Hospital, operator, item, storetest.Now, store.Reread{}); bot.KindOf(err) != bot.KindNotFound {
		t.Errorf("a resolved item was imported again: %v", err)
	}
}

func TestOfAFileItemTheGoodPartGoesInAndTheRestStays(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	file := bot.ImportFile{Quarantine: []bot.Quarantined{{Position: "line 7", Reason: "no mapping", Format: "csv", Payload: bot.T("header\nrow")}}}
	if _, err := s.SaveImport(t.Context(), storetest.Hospital, operator, file, storetest.Now); err != nil {
		t.Fatal(err)
	}
	item := quarantined(t, s)[0].ID
	again := func(bad bool) store.Reread {
		return store.Reread{File: func(q bot.Quarantined, to bot.ImportSink) (bot.ImportHead, error) {
			if q.Payload.Plain() != "header\nrow" || q.Format != "csv" {
				t.Errorf("read again: %s %q", q.Format, q.Payload.Plain())
			}
			if bad {
				if err := to.Quarantine(bot.Quarantined{Position: "line 2", Reason: "half a mapping", Format: "csv", Payload: q.Payload}); err != nil {
					return bot.ImportHead{}, err
				}
			}
			return bot.ImportHead{Format: "csv"}, to.Record(oneResult("P", "R", "4.1", bot.StatusFinal, 1))
		}}
	}
	if _, err := s.Requeue(t.Context(), storetest.Hospital, operator, item, storetest.Now, again(true)); err != nil {
		t.Fatal(err)
	}
	if items := quarantined(t, s); len(items) != 1 || items[0].Reason != "half a mapping" || len(lines(t, t, db, currentResults)) != 1 {
		t.Errorf("items %+v", items)
	}
	if _, err := s.Requeue(t.Context(), storetest.Hospital, operator, item, storetest.Now, again(false)); err != nil || len(quarantined(t, s)) != 0 {
		t.Errorf("still open: %v", err)
	}
}

func TestOnlyPeopleDismissAndSayWhy(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	send(t, t, s, store.ImportOptions{}, oneResult("", "R", "4", bot.StatusFinal, 1))
	item := quarantined(t, s)[0].ID
	staff := bot.Actor{Kind: "staff", ID: 3}
	for _, c := range []struct {
		by   bot.Actor
		why  string
		kind bot.ErrorKind
	}{{bot.Actor{Kind: "system"}, "test data", bot.KindForbidden}, {staff, " ", bot.KindInvalid}} {
		if err := s.Dismiss(t.Context(), storetest.Hospital, c.by, item, c.why, storetest.Now); bot.KindOf(err) != c.kind {
			t.Errorf("%s, %q: %v", c.by.Kind, c.why, err)
		}
	}
	if err := s.Dismiss(t.Context(), storetest.Hospital, staff, item, "test data", storetest.Now); err != nil || len(quarantined(t, s)) != 0 {
		t.Errorf("not dismissed: %v", err)
	}
	send(t, t, s, store.ImportOptions{}, oneResult("", "R", "4", bot.StatusFinal, 1))
	if len(quarantined(t, s)) != 1 {
		t.Error("an item that comes again after it was dismissed is open again")
	}
}
