package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// TestWhoARecordIsAbout: the second record of each case meets the first one,
// stored before or in the same file.
func TestWhoARecordIsAbout(t *testing.T) {
	t.Parallel()
	id := func(value string) bot.Identifier { return bot.Identifier{System: "hospital", Type: "MR", Value: value} }
	cases := []struct {
		name    string
		change  func(*bot.ImportRecord)
		people  int
		refused string
	}{
		{"the same identifier is the same patient, whatever the name", func(r *bot.ImportRecord) { r.Patient.Name = bot.T("Someone Else") }, 2, ""},
		{"another identifier is another patient, whatever the name", func(r *bot.ImportRecord) { r.Patient.Identifiers = []bot.Identifier{id("N")} }, 3, ""},
		{"the same value of another system is another patient", func(r *bot.ImportRecord) { r.Patient.Identifiers[0].System = "clinic" }, 3, ""},
		{"a newborn with a number of its own is a patient of its own", func(r *bot.ImportRecord) {
			r.Patient = bot.Patient{Identifiers: []bot.Identifier{id("P-baby")}, Name: bot.T("Anna Example"), BirthDate: "2026-11-20"}
		}, 3, ""},
		{"a partial birth date that agrees is no conflict", func(r *bot.ImportRecord) { r.Patient.BirthDate = "1980" }, 2, ""},
		{"another birth date", func(r *bot.ImportRecord) { r.Patient.BirthDate = "1980-03-06" }, 2, "the identifier is known with another birth date"},
		{"another sex", func(r *bot.ImportRecord) { r.Patient.Sex = bot.SexMale }, 2, "the identifier is known with another sex"},
		{"no sex is no conflict", func(r *bot.ImportRecord) { r.Patient.Sex = "" }, 2, ""},
		{"identifiers of two patients", func(r *bot.ImportRecord) { r.Patient.Identifiers = append(r.Patient.Identifiers, id("OTHER")) }, 2, "the identifiers belong to different patients"},
		{"no identifier", func(r *bot.ImportRecord) { r.Patient.Identifiers = nil }, 2, "the patient has no identifier"},
		{"a report number of another patient", func(r *bot.ImportRecord) { r.Report.Number, r.Patient.Identifiers = "R0", []bot.Identifier{id("N")} }, 2, "the report number is known for another patient"},
		{"a birth date that is none", func(r *bot.ImportRecord) { r.Patient.BirthDate = "5 March" }, 2, "the birth date is not a date"},
		{"a text the database cannot hold", func(r *bot.ImportRecord) { r.Report.Results[0].Note = "a\x00b" }, 2, "a text holds characters that cannot be stored"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, together := range []bool{false, true} {
				s, db := storetest.New(t)
				known := []bot.ImportRecord{oneResult("P", "R0", "4.1", bot.StatusFinal, 1), oneResult("OTHER", "R1", "4.1", bot.StatusFinal, 1)}
				second := oneResult("P", "R2", "4.2", bot.StatusFinal, 1)
				c.change(&second)
				if together {
					send(t, t, s, store.ImportOptions{}, append(known, second)...)
				} else {
					send(t, t, s, store.ImportOptions{}, known...)
					send(t, t, s, store.ImportOptions{}, second)
				}
				want := []string{}
				if c.refused != "" {
					want = []string{"message 1: " + c.refused}
				}
				if diff := cmp.Diff(want, lines(t, t, db, openReasons)); diff != "" {
					t.Errorf("together %v, in quarantine: %s", together, diff)
				}
				people, results := len(lines(t, t, db, `select 'p' from patients`)), len(lines(t, t, db, `select 'r' from results`))
				if people != c.people || (results == 3) != (c.refused == "") {
					t.Errorf("together %v: %d people, want %d; %d results", together, people, c.people, results)
				}
			}
		})
	}
}

func TestWhatWasNotKnownOfAPatientIsCompleted(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	bare := oneResult("P", "R", "4.1", bot.StatusFinal, 1)
	bare.Patient = bot.Patient{Identifiers: bare.Patient.Identifiers, BirthDate: "1980"}
	send(t, t, s, store.ImportOptions{}, bare)
	send(t, t, s, store.ImportOptions{}, oneResult("P", "R", "4.1", bot.StatusFinal, 1))
	send(t, t, s, store.ImportOptions{}, bare)
	if got := lines(t, t, db, `select sex || ' ' || birth_date from patients`); !slices.Equal(got, []string{"female 1980-03-05"}) {
		t.Errorf("got %v", got)
	}
	patient, err := s.FindPatient(t.Context(), storetest.Hospital, "P")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.Patient(t.Context(), storetest.Hospital, operator, patient, storetest.Now); err != nil || p.Name.Plain() != "Anna Example" {
		t.Errorf("the name was not kept: %v", err)
	}
}

func TestResultsOfAMergedPatientGoToTheSurvivor(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	for _, p := range []string{"A", "B", "C"} {
		send(t, t, s, store.ImportOptions{}, oneResult(p, "R-"+p, "4.1", bot.StatusFinal, 1))
	}
	err := db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `update patients set merged_into = id + 1 where id in (select patient_id from patient_identifiers where value in ('A', 'B'))`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	send(t, t, s, store.ImportOptions{}, oneResult("A", "R-new", "4.1", bot.StatusFinal, 1), oneResult("A", "R-B", "4.2", bot.StatusCorrected, 2))
	got := lines(t, t, db, `select i.value from reports r join patient_identifiers i on i.patient_id = r.patient_id where r.number = 'R-new'`)
	if !slices.Equal(got, []string{"C"}) || len(lines(t, t, db, openReasons)) != 0 {
		t.Errorf("the new report belongs to %v, want C, who A became by way of B; quarantine %v", got, lines(t, t, db, openReasons))
	}
}

func TestImportsOfTheSamePeopleAtOnceMakeThemOnce(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for n := range 10 {
				_, err := s.Import(context.Background(), storetest.Hospital, operator, store.ImportOptions{}, storetest.Now, func(to bot.ImportSink) (bot.ImportHead, error) {
					return bot.ImportHead{}, to.Record(oneResult(fmt.Sprint("P", n), fmt.Sprint("R", n), fmt.Sprint("4.", worker), bot.StatusFinal, worker+1))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	people, results := lines(t, t, db, `select id::text from patients`), lines(t, t, db, `select value_printed from results`)
	if len(people) != 10 || !slices.Equal(slices.Compact(results), []string{"4.7"}) || len(results) != 10 {
		t.Errorf("%d people, results %v: want 10, each with the latest version", len(people), results)
	}
	if versions := lines(t, t, db, keptVersions); len(versions) != 70 {
		t.Errorf("%d versions kept, want 70", len(versions))
	}
}
