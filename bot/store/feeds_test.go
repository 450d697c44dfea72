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

var feedHospital = bot.Institution{ID: storetest.Hospital, TimeZone: "Asia/Shanghai"}

// arrived writes imports as a source makes them: times on working days from the
// first hour to the last, every so often, in the institution's zone.
func arrived(t *testing.T, db *postgres.DB, source string, from, to time.Time, firstHour, lastHour int, every time.Duration) {
	t.Helper()
	zone := feedHospital.Location()
	b := &pgx.Batch{}
	for at := from; at.Before(to); at = at.Add(every) {
		local := at.In(zone)
		if day := local.Weekday(); day == time.Saturday || day == time.Sunday || local.Hour() < firstHour || local.Hour() > lastHour {
			continue
		}
		b.Queue(`insert into imports (institution_id, format, digest, source, kind, at, sent_at, results, unmapped, quarantined) values ($1, 'hl7', '', $2, 'mllp', $3, $4, 8, 1, 0)`,
			string(storetest.Hospital), source, at, at.Add(-3*time.Second))
	}
	if err := db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error { return tx.SendBatch(t.Context(), b).Close() }); err != nil {
		t.Fatal(err)
	}
}

func feeds(t *testing.T, s *store.Store, now time.Time) map[string]store.Feed {
	t.Helper()
	all, err := s.Feeds(t.Context(), feedHospital, now)
	if err != nil {
		t.Fatal(err)
	}
	bySource := map[string]store.Feed{}
	for _, f := range all {
		bySource[f.Source] = f
	}
	return bySource
}

// TestASourceIsSilentOnlyBeyondItsUsualGap: one that sends on working days from 8
// to 18 is not silent at night or on a weekend, but is on a Tuesday morning.
func TestASourceIsSilentOnlyBeyondItsUsualGap(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	zone := feedHospital.Location()
	tuesday := time.Date(2026, 11, 24, 10, 30, 0, 0, zone)
	arrived(t, db, "lis", tuesday.AddDate(0, 0, -14), tuesday, 8, 17, 10*time.Minute)
	for _, c := range []struct {
		name   string
		now    time.Time
		silent bool
	}{
		{"ten minutes later", tuesday.Add(10 * time.Minute), false},
		{"half an hour later", tuesday.Add(30 * time.Minute), false},
		{"two hours later", tuesday.Add(2 * time.Hour), true},
	} {
		if f := feeds(t, s, c.now)["lis"]; f.Silent != c.silent {
			t.Errorf("%s: silent %v, usual gap %s", c.name, f.Silent, f.Usual)
		}
	}
	evening := time.Date(2026, 11, 24, 18, 0, 0, 0, zone)
	arrived(t, db, "lis", tuesday, evening, 8, 17, 10*time.Minute)
	if f := feeds(t, s, evening.Add(13*time.Hour))["lis"]; f.Silent {
		t.Errorf("silent in the night, usual gap %s", f.Usual)
	}
	if f := feeds(t, s, evening.Add(24*time.Hour))["lis"]; !f.Silent {
		t.Errorf("not silent after a whole day, usual gap %s", f.Usual)
	}
	friday := time.Date(2026, 11, 27, 18, 0, 0, 0, zone)
	arrived(t, db, "lis", evening, friday, 8, 17, 10*time.Minute)
	if f := feeds(t, s, friday.Add(48*time.Hour))["lis"]; f.Silent {
		t.Errorf("silent on a Sunday, usual gap %s", f.Usual)
	}
}

func TestASourceIsNotJudgedBeforeItsHabitsAreKnown(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	arrived(t, db, "new", storetest.Now, storetest.Now.Add(time.Hour), 0, 23, 10*time.Minute)
	if f := feeds(t, s, storetest.Now.Add(100*time.Hour))["new"]; f.Silent {
		t.Errorf("judged by six messages: %+v", f)
	}
}

func TestAFeedCountsWhatCameAndHowLate(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, feedHospital.Location())
	arrived(t, db, "lis", now.Add(-24*time.Hour), now, 0, 23, time.Hour)
	arrived(t, db, "other", now.Add(-time.Hour), now, 0, 23, time.Hour)
	f := feeds(t, s, now)["lis"]
	if f.Today != (store.Traffic{Messages: 10, Results: 80, Unmapped: 10}) || f.Week != (store.Traffic{Messages: 24, Results: 192, Unmapped: 24}) {
		t.Errorf("today %+v, week %+v", f.Today, f.Week)
	}
	if f.Lag != 3*time.Second || f.Way != store.ByMLLP || !f.LastAt.Equal(now.Add(-time.Hour)) {
		t.Errorf("lag %s, by %s, last %s", f.Lag, f.Way, f.LastAt)
	}
}

func TestASourcesZoneIsItsOwnOrTheInstitutions(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	ctx := t.Context()
	zone := func() string {
		z, err := s.FeedZone(ctx, storetest.Hospital, "lis")
		if err != nil {
			t.Fatal(err)
		}
		return z.String()
	}
	if got := zone(); got != "Asia/Shanghai" {
		t.Errorf("before: %s", got)
	}
	if err := s.SetFeedZone(ctx, storetest.Hospital, operator, "lis", "Asia/Urumqi", storetest.Now); err != nil || zone() != "Asia/Urumqi" {
		t.Errorf("set: %s, %v", zone(), err)
	}
	for _, wrong := range []string{"Mars/Base", "Local", "../etc/passwd"} {
		if err := s.SetFeedZone(ctx, storetest.Hospital, operator, "lis", wrong, storetest.Now); bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("zone %q: %v", wrong, err)
		}
	}
	if f := feeds(t, s, storetest.Now)["lis"]; f.Zone != "Asia/Urumqi" || f.Silent {
		t.Errorf("a source that was set up and never heard of: %+v", f)
	}
}

func TestASilenceIsReportedOnce(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	last := storetest.Now
	var reports []bool
	for _, c := range []struct{ last, now time.Time }{
		{last, last.Add(2 * time.Hour)}, {last, last.Add(3 * time.Hour)}, {last.Add(4 * time.Hour), last.Add(9 * time.Hour)}, {last.Add(4 * time.Hour), last.Add(10 * time.Hour)},
	} {
		first, err := s.Alarm(t.Context(), storetest.Hospital, "lis", c.last, c.now)
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, first)
	}
	if reports[0] != true || reports[1] != false || reports[2] != true || reports[3] != false {
		t.Errorf("reported %v, want each silence once", reports)
	}
}
