package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

var operator = bot.Actor{Kind: "operator"}

// hours is a time that many hours after the tests' day began; 0 is not known.
func hours(n int) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return storetest.Now.Add(time.Duration(n) * time.Hour)
}

// oneResult is a record of patient P with one potassium result in report R.
func oneResult(patient, report, value string, status bot.ResultStatus, released int) bot.ImportRecord {
	number, _ := bot.ParseDecimal(value)
	return bot.ImportRecord{
		Position: "message 1",
		Patient:  bot.Patient{Identifiers: []bot.Identifier{{System: "hospital", Type: "MR", Value: patient}}, Name: bot.T("Anna Example"), Sex: bot.SexFemale, BirthDate: "1980-03-05"},
		Report: bot.Report{System: "lab", Number: report, Title: "Electrolytes " + value, Status: status, CollectedAt: hours(-5), IssuedAt: hours(released), Results: []bot.Result{{
			SourceID: "1", Name: "Potassium", Analyte: "K", Specimen: bot.SpecimenBlood, Value: bot.Value{Printed: value, Number: number, Unit: "mmol/L", UCUM: "mmol/L"},
			Interval: bot.Interval{Printed: "3.5-5.3", Low: bot.MustDecimal("3.5"), High: bot.MustDecimal("5.3")}, Direction: bot.DirectionWithin, Status: status,
		}}},
	}
}

type failer interface {
	Helper()
	Fatal(...any)
}

func send(t *testing.T, f failer, s *store.Store, o store.ImportOptions, records ...bot.ImportRecord) store.ImportSummary {
	f.Helper()
	summary, err := s.Import(t.Context(), storetest.Hospital, operator, o, storetest.Now, func(to bot.ImportSink) (bot.ImportHead, error) {
		for _, r := range records {
			if err := to.Record(r); err != nil {
				return bot.ImportHead{}, err
			}
		}
		return bot.ImportHead{Format: "hl7", Digest: "d"}, nil
	})
	if err != nil {
		f.Fatal(err)
	}
	return summary
}

// lines is the one text column a query gives.
func lines(t *testing.T, f failer, db *postgres.DB, sql string) (all []string) {
	f.Helper()
	err := db.InRead(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), sql)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return all
}

const (
	currentResults = `select p.number || ' ' || r.source_id || ' ' || r.value_printed || ' ' || r.status || ' ' || r.note || ' ' || p.title || ' ' || p.status from results r join reports p on p.id = r.report_id order by 1`
	keptVersions   = `select p.number || ' ' || v.value_printed || ' ' || v.status || ' ' || coalesce(v.value_number, '') || ' ' || v.name from result_versions v join results r on r.id = v.result_id join reports p on p.id = r.report_id order by 1`
	openReasons    = `select position || ': ' || reason from quarantine where resolved_at is null order by 1`
	triageJobs     = `select args::text from river.river_job where kind = 'triage_report' order by 1`
)

func TestWhichOfTwoVersionsIsCurrent(t *testing.T) {
	t.Parallel()
	type v struct {
		status   bot.ResultStatus
		released int
	}
	cases := []struct {
		name        string
		first, then v
		current     int
	}{
		{"a final replaces a preliminary", v{"preliminary", 2}, v{"final", 1}, 2},
		{"a preliminary never replaces a final", v{"final", 1}, v{"preliminary", 2}, 1},
		{"a later correction replaces a final", v{"final", 1}, v{"corrected", 2}, 2},
		{"an older final arriving late changes nothing", v{"corrected", 2}, v{"final", 1}, 1},
		{"a later final replaces a correction", v{"corrected", 1}, v{"final", 2}, 2},
		{"an unknown time is the earliest", v{"corrected", 1}, v{"corrected", 0}, 1},
		{"at the same time a correction beats a final", v{"corrected", 1}, v{"final", 1}, 1},
		{"a withdrawal replaces a final", v{"final", 1}, v{"entered-in-error", 1}, 2},
		{"of equals the one that arrives later", v{"final", 1}, v{"final", 1}, 2},
		{"unknown and registered are not released", v{"final", 1}, v{"unknown", 5}, 1},
	}
	s, db := storetest.New(t)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, together := range []bool{false, true} {
				number := fmt.Sprintf("R-%d-%v", i, together)
				first, then := oneResult("P", number, "4.1", c.first.status, c.first.released), oneResult("P", number, "4.2", c.then.status, c.then.released)
				if together {
					send(t, t, s, store.ImportOptions{}, first, then)
				} else {
					send(t, t, s, store.ImportOptions{}, first)
					send(t, t, s, store.ImportOptions{}, then)
				}
				current, other := oneLine("4.1", c.first.status), oneLine("4.2", c.then.status)
				if c.current == 2 {
					current, other = other, current
				}
				of := `.id and r.report_id in (select id from reports where number = '` + number + `')`
				got := append(lines(t, t, db, `select r.value_printed || ' ' || r.status from results r where r.id = r`+of), lines(t, t, db, `select v.value_printed || ' ' || v.status from result_versions v join results r on v.result_id = r`+of)...)
				if diff := cmp.Diff([]string{current, other}, got); diff != "" {
					t.Errorf("together %v: current, then kept: %s", together, diff)
				}
			}
		})
	}
}

func oneLine(value string, status bot.ResultStatus) string { return value + " " + string(status) }

// TestTheOrderInWhichVersionsArriveDoesNotMatter: whatever the permutation and
// the files, the same version is current and the same are kept; again changes nothing.
func TestTheOrderInWhichVersionsArriveDoesNotMatter(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	statuses := []bot.ResultStatus{bot.StatusPreliminary, bot.StatusFinal, bot.StatusCorrected, bot.StatusCancelled, bot.StatusAmended, bot.StatusUnknown}
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		states := map[string]bool{}
		drawn := rapid.SliceOfN(rapid.SampledFrom(statuses), 1, 5).Draw(r, "statuses")
		for try := range 2 {
			number := fmt.Sprintf("R-%d-%d", run, try)
			var versions []bot.ImportRecord
			for i, status := range drawn {
				versions = append(versions, oneResult("P", number, fmt.Sprintf("4.%d", i), status, i+1))
			}
			versions = rapid.Permutation(versions).Draw(r, "order")
			for rest := versions; len(rest) > 0; {
				n := rapid.IntRange(1, len(rest)).Draw(r, "file")
				send(t, r, s, store.ImportOptions{}, rest[:n]...)
				rest = rest[n:]
			}
			state := func() string {
				all := slices.Concat(lines(t, r, db, currentResults), []string{"--"}, lines(t, r, db, keptVersions))
				all = slices.DeleteFunc(all, func(l string) bool { return l != "--" && !strings.HasPrefix(l, number+" ") })
				return strings.ReplaceAll(strings.Join(all, "\n"), number, "R")
			}
			once := state()
			if summary := send(t, r, s, store.ImportOptions{}, versions...); summary.Changed != 0 || state() != once {
				r.Fatal("again changed", summary.Changed, "\n", once, "\n", state())
			}
			states[once] = true
		}
		if len(states) != 1 {
			r.Fatal("the order decided: ", states)
		}
	})
}

func TestTheSameFileTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	file := []bot.ImportRecord{oneResult("P", "R", "4.1", bot.StatusFinal, 0), oneResult("P", "R", "4.2", bot.StatusFinal, 0), oneResult("", "R2", "4.0", bot.StatusFinal, 1)}
	everything := func() []string {
		return slices.Concat(lines(t, t, db, currentResults), lines(t, t, db, keptVersions), lines(t, t, db, openReasons), lines(t, t, db, triageJobs))
	}
	first := send(t, t, s, store.ImportOptions{}, file...)
	before := everything()
	second := send(t, t, s, store.ImportOptions{}, file...)
	if diff := cmp.Diff(before, everything()); diff != "" {
		t.Error(diff)
	}
	if first.Changed != 2 || second.Changed != 0 || first.Quarantined != 1 || second.Quarantined != 1 {
		t.Errorf("first %+v, second %+v", first, second)
	}
}

func TestEveryPrintedDifferenceIsAVersionAndAMappingIsNone(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change  func(*bot.Result)
		version bool
	}{
		"note":           {func(r *bot.Result) { r.Note = "haemolysed" }, true},
		"unit":           {func(r *bot.Result) { r.Value.Unit = "mEq/L" }, true},
		"name":           {func(r *bot.Result) { r.Name = "K+" }, true},
		"code":           {func(r *bot.Result) { r.Code = "2823-3" }, true},
		"comparator":     {func(r *bot.Result) { r.Value.Comparator = "<" }, true},
		"interval":       {func(r *bot.Result) { r.Interval.Printed = "3.4-5.3" }, true},
		"flag":           {func(r *bot.Result) { r.Flag = "H" }, true},
		"method":         {func(r *bot.Result) { r.Method = "ISE" }, true},
		"specimen":       {func(r *bot.Result) { r.Specimen = bot.SpecimenUrine }, true},
		"analyte":        {func(r *bot.Result) { r.Analyte = "K2" }, false},
		"unit code":      {func(r *bot.Result) { r.Value.UCUM = "mol/L" }, false},
		"direction":      {func(r *bot.Result) { r.Direction = bot.DirectionHigh }, false},
		"unit problem":   {func(r *bot.Result) { r.UnitProblem = true }, false},
		"interval bound": {func(r *bot.Result) { r.Interval.High = bot.MustDecimal("5.4") }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, db := storetest.New(t)
			send(t, t, s, store.ImportOptions{}, oneResult("P", "R", "4.1", bot.StatusFinal, 1))
			markCleared(t, db)
			again := oneResult("P", "R", "4.1", bot.StatusFinal, 1)
			c.change(&again.Report.Results[0])
			if got := send(t, t, s, store.ImportOptions{}, again); got.Changed != 1 {
				t.Errorf("changed %d, want 1", got.Changed)
			}
			if got := len(lines(t, t, db, keptVersions)) == 1; got != c.version {
				t.Errorf("a version was kept: %v, want %v", got, c.version)
			}
			if cleared := len(lines(t, t, db, `select 'x' from results where cleared_at is not null`)) == 1; cleared == c.version {
				t.Errorf("still cleared: %v; a replaced result needs looking at again, a mapped one does not", cleared)
			}
		})
	}
}

func markCleared(t *testing.T, db *postgres.DB) {
	t.Helper()
	err := db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `update results set cleared_at = now(), cleared_by = 1`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestADryRunCountsTheSameAndLeavesNothing(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	unmapped := oneResult("Q", "R2", "5", bot.StatusFinal, 1)
	unmapped.Report.Results[0].Analyte = ""
	file := []bot.ImportRecord{oneResult("P", "R", "4.1", bot.StatusPreliminary, 1), oneResult("P", "R", "4.2", bot.StatusFinal, 2), unmapped, oneResult("", "R3", "4", bot.StatusFinal, 1)}
	const everything = `select 'p' from patients union all select 'i' from patient_identifiers union all select 'r' from reports union all select 'x' from results union all select 'v' from result_versions
		union all select 'q' from quarantine union all select 'm' from imports union all select 'a' from audit where action like 'results%' union all select 'j' from river.river_job`
	dry := send(t, t, s, store.ImportOptions{DryRun: true}, file...)
	if left := lines(t, t, db, everything); len(left) > 0 {
		t.Errorf("a dry run left %v", left)
	}
	wet := send(t, t, s, store.ImportOptions{Source: "lis"}, file...)
	want := store.ImportSummary{Import: wet.Import, Format: "hl7", Patients: 2, Reports: 3, Results: 4, Changed: 3, Unmapped: 1, Quarantined: 1}
	if wet != want {
		t.Errorf("got %+v, want %+v", wet, want)
	}
	if dry.Import = wet.Import; dry != wet {
		t.Errorf("dry %+v, imported %+v", dry, wet)
	}
	if got := lines(t, t, db, `select source || ' ' || unmapped || ' ' || changed || ' ' || quarantined from imports`); !slices.Equal(got, []string{"lis 1 3 1"}) {
		t.Errorf("the import says %v", got)
	}
	if jobs := lines(t, t, db, triageJobs); len(jobs) != 2 {
		t.Errorf("%d triage jobs, want one for each of 2 reports", len(jobs))
	}
}

func TestAHeaderNeverGoesBackwards(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	send(t, t, s, store.ImportOptions{}, oneResult("P", "R", "4.2", bot.StatusFinal, 1))
	send(t, t, s, store.ImportOptions{}, oneResult("P", "R", "4.1", bot.StatusPreliminary, 3))
	if got := lines(t, t, db, `select title || ' ' || status from reports`); !slices.Equal(got, []string{"Electrolytes 4.2 final"}) {
		t.Errorf("got %v", got)
	}
}

// TestAVersionMeetsItsForerunnerInALaterChunk: a big file is saved in chunks.
func TestAVersionMeetsItsForerunnerInALaterChunk(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	file := []bot.ImportRecord{oneResult("P", "R", "4.1", bot.StatusFinal, 1)}
	for i := range 2500 {
		file = append(file, oneResult(fmt.Sprint("P", i%7), fmt.Sprint("R", i), "4.0", bot.StatusFinal, 1))
	}
	file = append(file, oneResult("P", "R", "4.2", bot.StatusCorrected, 2), oneResult("P", "R", "4.0", bot.StatusPreliminary, 3))
	got := send(t, t, s, store.ImportOptions{}, file...)
	if got.Patients != 8 || got.Reports != 2501 || got.Results != 2503 || got.Changed != 2502 {
		t.Errorf("got %+v", got)
	}
	if now := lines(t, t, db, `select r.value_printed from results r join reports p on p.id = r.report_id where p.number = 'R'`); !slices.Equal(now, []string{"4.2"}) {
		t.Errorf("current %v", now)
	}
	if versions := lines(t, t, db, keptVersions); len(versions) != 2 {
		t.Errorf("kept %v", versions)
	}
	if jobs := lines(t, t, db, triageJobs); len(jobs) != 2501 {
		t.Errorf("%d triage jobs, want one a report", len(jobs))
	}
}
