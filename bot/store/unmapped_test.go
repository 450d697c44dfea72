package store_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

func TestAnUnmappedNameIsListedDecidedAndItsResultsFollow(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	for i, number := range []string{"R1", "R2", "R3"} {
		r := oneResult("P", number, "4.1", bot.StatusFinal, 1)
		r.Report.Title = "Electrolytes"
		r.Report.Results[0].Analyte, r.Report.Results[0].Name = "", []string{"Kalium", "Kalium", "Barcode"}[i]
		send(t, t, s, store.ImportOptions{Source: "lis"}, r)
	}
	unmapped, err := s.Unmapped(t.Context(), storetest.Hospital, 10)
	if err != nil {
		t.Fatal(err)
	}
	row := store.UnmappedName{Name: "Kalium", Specimen: bot.SpecimenBlood, Unit: "mmol/L", Title: "Electrolytes", Source: "lis", Count: 2, LastSeen: storetest.Now}
	other := row
	other.Name, other.Count = "Barcode", 1
	if diff := cmp.Diff([]store.UnmappedName{row, other}, unmapped); diff != "" {
		t.Error(diff)
	}
	staff := bot.Actor{Kind: "staff", ID: 3}
	for range 2 {
		decided := []store.Decision{{NameDecision: bot.NameDecision{Name: "Kalium", Specimen: bot.SpecimenBlood, Analyte: "K"}}, {NameDecision: bot.NameDecision{Name: "Barcode", Specimen: bot.SpecimenBlood}}}
		if err := s.Decide(t.Context(), storetest.Hospital, staff, decided, storetest.Now); err != nil {
			t.Fatal(err)
		}
	}
	decisions, err := s.Decisions(t.Context(), storetest.Hospital)
	if err != nil || len(decisions) != 2 || decisions[1].Analyte != "K" || decisions[1].By != staff {
		t.Errorf("decisions %+v, %v", decisions, err)
	}
	jobs := len(lines(t, t, db, triageJobs))
	changed, err := s.Remap(t.Context(), storetest.Hospital, staff, "Kalium", storetest.Now, func(r bot.Result, p bot.Patient, title string) bot.Result {
		if p.Sex != bot.SexFemale || p.BirthDate != "1980-03-05" || title != "Electrolytes" || r.Value.Number.String() != "4.1" {
			t.Errorf("mapping sees %+v %s %s", r.Value, p.BirthDate, title)
		}
		r.Analyte, r.Direction, r.Value.Printed = "K", bot.DirectionWithin, "changed by mistake"
		return r
	})
	if err != nil || changed != 2 {
		t.Errorf("%d mapped anew, %v", changed, err)
	}
	if got := lines(t, t, db, `select analyte_id || ' ' || value_printed || ' ' || direction from results where name = 'Kalium'`); !slices.Equal(got, []string{"K 4.1 within", "K 4.1 within"}) {
		t.Errorf("results %v", got)
	}
	if versions := lines(t, t, db, keptVersions); len(versions) != 0 || len(lines(t, t, db, triageJobs)) != jobs+2 {
		t.Errorf("versions %v; %d new triage jobs, want 2", versions, len(lines(t, t, db, triageJobs))-jobs)
	}
	if left, err := s.Unmapped(t.Context(), storetest.Hospital, 10); err != nil || len(left) != 0 {
		t.Errorf("still listed: %+v, %v", left, err)
	}
}
