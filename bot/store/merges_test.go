package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/store/storetest"
)

// merge is the number of the newest merge.
func (h hospital) merge(t *testing.T) int64 {
	t.Helper()
	return h.number(t, `select max(id) from patient_merges`)
}

func (h hospital) merged(t *testing.T, survivor, retired string, at time.Time) int64 {
	t.Helper()
	if err := h.MergePatients(t.Context(), storetest.Hospital, operator, h.patient(t, survivor), h.patient(t, retired), at); err != nil {
		t.Fatal(err)
	}
	return h.merge(t)
}

func TestAMergeMovesAllAndAnUnmergeGivesBackWhatMoved(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	h.load(t, at, someone("A1", "1960-05-01", bot.SexFemale), potassium("RA", "4.1", bot.StatusFinal))
	h.load(t, at, someone("B1", "1960-05-01", bot.SexFemale), potassium("RB", "4.2", bot.StatusFinal))
	a, b := h.patient(t, "A1"), h.patient(t, "B1")
	merge := h.merged(t, "A1", "B1", at.Add(time.Minute))
	if h.patient(t, "B1") != a || h.owner(t, "RB") != a {
		t.Error("identifier and report do not lead to the survivor")
	}
	// What comes for the old number is the survivor's, and stays.
	h.load(t, at.Add(2*time.Minute), someone("B1", "", ""), potassium("RC", "4.3", bot.StatusFinal))
	if h.owner(t, "RC") != a {
		t.Error("a report for a retired number went elsewhere")
	}
	if err := h.UnmergePatients(t.Context(), storetest.Hospital, operator, merge, at.Add(3*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if h.patient(t, "B1") != b || h.owner(t, "RB") != b || h.owner(t, "RA") != a || h.owner(t, "RC") != a {
		t.Error("the unmerge did not give back exactly what had moved")
	}
	if n := h.number(t, `select count(*) from audit where action in ('patient.merge', 'patient.unmerge') and subject_id = $1 and actor_kind = 'operator'`, merge); n != 2 {
		t.Errorf("%d audit rows, want merge and unmerge", n)
	}
	if err := h.UnmergePatients(t.Context(), storetest.Hospital, operator, merge, at); bot.KindOf(err) != bot.KindConflict {
		t.Errorf("undone twice: %v", err)
	}
}

func TestAMergeThatCannotBeRightIsRefused(t *testing.T) {
	t.Parallel()
	mother := someone("M1", "1994-03-02", bot.SexFemale)
	cases := map[string]struct {
		a, b bot.Patient
		kind bot.ErrorKind
	}{
		"a mother and her newborn":        {mother, someone("M1-1", "2026-11-20", bot.SexFemale), bot.KindConflict},
		"another sex":                     {mother, someone("N1", "1994-03-02", bot.SexMale), bot.KindConflict},
		"themselves":                      {mother, mother, bot.KindInvalid},
		"a year that agrees with the day": {mother, someone("N1", "1994", bot.SexUnknown), ""},
		"nothing known against it":        {mother, someone("N1", "", bot.SexUnknown), ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, at := newHospital(t), storetest.Now
			h.load(t, at, c.a)
			h.load(t, at, c.b)
			a, b := h.patient(t, c.a.Identifiers[0].Value), h.patient(t, c.b.Identifiers[0].Value)
			if (a == b) != (name == "themselves") {
				t.Fatal("the two are not two patients")
			}
			err := h.MergePatients(t.Context(), storetest.Hospital, operator, a, b, at)
			if (err != nil) != (c.kind != "") || err != nil && bot.KindOf(err) != c.kind {
				t.Errorf("got %v, want %q", err, c.kind)
			}
		})
	}
}

func TestStaffMayForceAMergeWithAReason(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	h.load(t, at, someone("A1", "1960-05-01", bot.SexFemale))
	h.load(t, at, someone("B1", "1960-01-05", bot.SexFemale), potassium("RB", "4.2", bot.StatusFinal))
	a, b := h.patient(t, "A1"), h.patient(t, "B1")
	if err := h.MergeContradicting(t.Context(), storetest.Hospital, operator, a, b, "", at); bot.KindOf(err) != bot.KindInvalid {
		t.Errorf("without a reason: %v", err)
	}
	if err := h.MergeContradicting(t.Context(), storetest.Hospital, operator, a, b, "day and month were swapped", at); err != nil || h.owner(t, "RB") != a {
		t.Errorf("with a reason: %v", err)
	}
}

func TestChainsOfMerges(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	for _, n := range []string{"A1", "B1", "C1", "D1"} {
		h.load(t, at, someone(n, "", bot.SexUnknown), potassium("R"+n, "4.1", bot.StatusFinal))
	}
	a, b, c := h.patient(t, "A1"), h.patient(t, "B1"), h.patient(t, "C1")
	first := h.merged(t, "B1", "A1", at)
	second := h.merged(t, "C1", "B1", at.Add(time.Minute))
	third := h.merged(t, "C1", "D1", at.Add(2*time.Minute))
	if h.owner(t, "RA1") != c || h.patient(t, "A1") != c {
		t.Error("the chain does not lead to its end")
	}
	ctx := t.Context()
	for name, err := range map[string]error{
		"a retired patient again":     h.MergePatients(ctx, storetest.Hospital, operator, c, a, at),
		"into a retired patient":      h.MergePatients(ctx, storetest.Hospital, operator, b, c, at),
		"undone before the later one": h.UnmergePatients(ctx, storetest.Hospital, operator, first, at),
	} {
		if bot.KindOf(err) != bot.KindConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.UnmergePatients(ctx, storetest.Hospital, operator, 99, at); bot.KindOf(err) != bot.KindNotFound {
		t.Errorf("a merge that never was: %v", err)
	}
	// Merges of different patients into one may be undone in any order.
	for _, merge := range []int64{second, first, third} {
		if err := h.UnmergePatients(ctx, storetest.Hospital, operator, merge, at.Add(time.Hour)); err != nil {
			t.Fatalf("merge %d: %v", merge, err)
		}
	}
	for _, n := range []string{"A1", "B1", "C1", "D1"} {
		if h.owner(t, "R"+n) != h.patient(t, n) {
			t.Errorf("report of %s is with patient %d", n, h.owner(t, "R"+n))
		}
	}
}

// TestABindingDoesNotMoveWithAMerge: it ends, whatever birth date and sex say,
// and comes back when the merge is undone. The survivor's stands; one made to the
// survivor while the merge stood ends with it.
func TestABindingDoesNotMoveWithAMerge(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	h.load(t, at, someone("A1", "1960-05-01", bot.SexFemale), potassium("RA", "4.1", bot.StatusFinal))
	h.load(t, at, someone("B1", "1960-05-01", bot.SexFemale), potassium("RB", "4.2", bot.StatusFinal))
	a, b := h.patient(t, "A1"), h.patient(t, "B1")
	anna, ben := h.bind(t, "anna", a, at), h.bind(t, "ben", b, at)
	merge := h.merged(t, "A1", "B1", at.Add(time.Minute))
	if got := h.bound(t, ben); len(got) != 0 {
		t.Errorf("ben sees patients %v after the merge", got)
	}
	if !slices.Equal(h.bound(t, anna), []bot.PatientID{a}) {
		t.Error("the survivor's own binding ended")
	}
	if n := h.number(t, `select count(*) from conversations where patient_id = $1`, int64(b)); n != 0 {
		t.Error("a conversation is still about the retired patient")
	}
	if h.jobs(t, "binding_notice") != 1 {
		t.Errorf("%d binding notices, want ben's", h.jobs(t, "binding_notice"))
	}
	h.bind(t, "ben", a, at.Add(2*time.Minute))
	h.explained(t, "ben", "m1", "RB", at.Add(3*time.Minute))
	if err := h.UnmergePatients(t.Context(), storetest.Hospital, operator, merge, at.Add(4*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.bound(t, ben), []bot.PatientID{b}) || !slices.Equal(h.bound(t, anna), []bot.PatientID{a}) {
		t.Errorf("after the unmerge ben sees %v, anna %v", h.bound(t, ben), h.bound(t, anna))
	}
	if h.jobs(t, "binding_notice") != 2 {
		t.Errorf("%d binding notices, want another for ben's newer binding", h.jobs(t, "binding_notice"))
	}
	// RB was explained as the survivor's: it was not.
	if h.jobs(t, "correction_notice") != 1 {
		t.Errorf("%d correction notices, want 1", h.jobs(t, "correction_notice"))
	}
}

func TestOpenCasesMoveAndOfTwoAboutOnePersonOneStays(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	for _, n := range []string{"A1", "B1", "C1"} {
		h.load(t, at, someone(n, "", bot.SexUnknown), potassium("R"+n, "7.1", bot.StatusFinal))
	}
	why := bot.CaseReason{Level: bot.LevelEmergency, Trigger: bot.Trigger{Level: bot.LevelEmergency, Rule: "critical", Term: "K"}}
	a, b, c := h.patient(t, "A1"), h.patient(t, "B1"), h.patient(t, "C1")
	for _, patient := range []bot.PatientID{b, c} {
		if err := h.OpenForPatient(t.Context(), storetest.Hospital, patient, why, at); err != nil {
			t.Fatal(err)
		}
	}
	openOf := func(patients ...bot.PatientID) {
		t.Helper()
		open, err := h.Cases(t.Context(), storetest.Hospital, false)
		if err != nil {
			t.Fatal(err)
		}
		var got []bot.PatientID
		for _, k := range open {
			got = append(got, k.Patient)
		}
		slices.Sort(got)
		if !slices.Equal(got, patients) {
			t.Errorf("open cases of patients %v, want %v", got, patients)
		}
	}
	first := h.merged(t, "A1", "B1", at.Add(time.Minute))
	openOf(a, c)
	second := h.merged(t, "A1", "C1", at.Add(2*time.Minute))
	openOf(a)
	for _, merge := range []int64{second, first} {
		if err := h.UnmergePatients(t.Context(), storetest.Hospital, operator, merge, at.Add(3*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	openOf(b, c)
}

// TestTheSourcesMerge is HL7's ADT^A40.
func TestTheSourcesMerge(t *testing.T) {
	t.Parallel()
	known := func(t *testing.T, h hospital, people ...bot.Patient) {
		for _, p := range people {
			h.load(t, storetest.Now, p, potassium("R"+p.Identifiers[0].Value, "4.1", bot.StatusFinal))
		}
	}
	a, b := someone("A1", "1960-05-01", bot.SexFemale), someone("B1", "1960-05-01", bot.SexUnknown)
	cases := []struct {
		name        string
		known       []bot.Patient
		survivor    bot.Patient
		retired     []string
		undone      bool // staff undid it once
		merges      int64
		patients    int64
		quarantined string
	}{
		{"both known", []bot.Patient{a, b}, a, []string{"B1"}, false, 1, 2, ""},
		{"retired unknown: remembered", []bot.Patient{a}, a, []string{"B1"}, false, 0, 1, ""},
		{"survivor unknown: made", []bot.Patient{b}, a, []string{"B1"}, false, 1, 2, ""},
		{"both unknown: nothing", nil, a, []string{"B1"}, false, 0, 0, ""},
		{"a mother and her newborn", []bot.Patient{a, someone("B1", "2026-11-20", "")}, a, []string{"B1"}, false, 0, 2, "birth dates"},
		{"another sex", []bot.Patient{a, someone("B1", "", bot.SexMale)}, someone("A1", "", ""), []string{"B1"}, false, 0, 2, "birth date or sex"},
		{"a survivor born another day", []bot.Patient{a, b}, someone("A1", "1961-01-01", ""), []string{"B1"}, false, 0, 2, "birth date"},
		{"retired numbers of two people", []bot.Patient{a, b, someone("C1", "", "")}, a, []string{"B1", "C1"}, false, 0, 3, "different patients"},
		{"undone by staff", []bot.Patient{a, b}, a, []string{"B1"}, true, 1, 2, "undone"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, at := newHospital(t), storetest.Now
			known(t, h, c.known...)
			if c.undone {
				if err := h.UnmergePatients(t.Context(), storetest.Hospital, operator, h.merged(t, "A1", "B1", at), at.Add(time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				h.file(t, at.Add(2*time.Minute), bot.ImportFile{Merges: []bot.Merge{{Survivor: c.survivor, Retired: identifiers(c.retired...), Position: "message 1"}}})
			}
			if n := h.number(t, `select count(*) from patient_merges`); n != c.merges {
				t.Errorf("%d merges, want %d", n, c.merges)
			}
			if n := h.number(t, `select count(*) from patients`); n != c.patients {
				t.Errorf("%d patients, want %d", n, c.patients)
			}
			if n := h.number(t, `select count(*) from quarantine where reason like '%' || $1 || '%' and $1 <> ''`, c.quarantined); (n == 1) != (c.quarantined != "") {
				t.Errorf("%d in quarantine for %q", n, c.quarantined)
			}
			if c.quarantined == "" && c.patients > 0 && h.patient(t, "A1") != h.patient(t, "B1") {
				t.Error("both numbers do not lead to one patient")
			}
		})
	}
}

func TestAReportIsReassignedWithItsResults(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	h.load(t, at, someone("A1", "", ""), potassium("RA", "4.1", bot.StatusFinal))
	h.load(t, at, someone("B1", "", ""))
	if s := h.load(t, at, someone("B1", "", ""), potassium("RA", "4.1", bot.StatusFinal)); s.Quarantined != 1 {
		t.Errorf("a known number for another patient: %+v", s)
	}
	report, err := h.FindReport(t.Context(), storetest.Hospital, "RA")
	if err != nil {
		t.Fatal(err)
	}
	b := h.patient(t, "B1")
	if err := h.ReassignReport(t.Context(), storetest.Hospital, operator, report, b, at); err != nil || h.owner(t, "RA") != b {
		t.Errorf("re-assigned to %d: %v", h.owner(t, "RA"), err)
	}
	if err := h.ReassignReport(t.Context(), storetest.Hospital, operator, report, b, at); bot.KindOf(err) != bot.KindConflict {
		t.Errorf("twice: %v", err)
	}
	if err := h.ReassignReport(t.Context(), storetest.Hospital, operator, report, 999, at); bot.KindOf(err) != bot.KindNotFound {
		t.Errorf("to nobody: %v", err)
	}
	if _, err := h.FindReport(t.Context(), storetest.Hospital, "none"); bot.KindOf(err) != bot.KindNotFound || !strings.Contains(err.Error(), "not found") {
		t.Errorf("no such report: %v", err)
	}
}
