package store_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"careline/bot"
	"careline/bot/store/storetest"
)

// TestMergesUndoneInReverseLeaveNothingBehind: whatever is imported and merged,
// by staff or by the source, after undoing every merge from the newest to the
// oldest each report is with the patient it came for, and each number leads to
// its first owner.
func TestMergesUndoneInReverseLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		at := storetest.Now.Add(time.Duration(round) * time.Hour)
		name := func(n int) string { return fmt.Sprintf("P%d-%d", round, n) }
		first, cameFor := map[string]bot.PatientID{}, map[string]bot.PatientID{}
		for n := range 4 {
			h.load(t, at, someone(name(n), "", ""))
			first[name(n)] = h.patient(t, name(n))
		}
		before := h.number(t, `select coalesce(max(id), 0) from patient_merges`)
		for step := range rapid.IntRange(1, 8).Draw(r, "steps") {
			at = at.Add(time.Minute)
			a, b := name(rapid.IntRange(0, 3).Draw(r, "one")), name(rapid.IntRange(0, 3).Draw(r, "other"))
			switch rapid.SampledFrom([]string{"report", "staff", "source"}).Draw(r, "act") {
			case "report":
				report := fmt.Sprintf("R%d-%d", round, step)
				h.load(t, at, someone(a, "", ""), potassium(report, "4.1", bot.StatusFinal))
				cameFor[report] = h.owner(t, report)
			case "staff":
				err := h.MergePatients(t.Context(), storetest.Hospital, operator, h.patient(t, a), h.patient(t, b), at)
				if err != nil && bot.KindOf(err) != bot.KindInvalid {
					r.Fatal(err)
				}
			case "source":
				h.file(t, at, bot.ImportFile{Merges: []bot.Merge{{Survivor: someone(a, "", ""), Retired: identifiers(b)}}})
			}
		}
		for _, merge := range h.ids(t, `select id from patient_merges where id > $1 order by id desc`, before) {
			if err := h.UnmergePatients(t.Context(), storetest.Hospital, operator, merge, at.Add(time.Minute)); err != nil {
				r.Fatal(err)
			}
		}
		for number, patient := range first {
			if h.patient(t, number) != patient {
				r.Errorf("number %s leads to patient %d, was %d", number, h.patient(t, number), patient)
			}
		}
		for report, patient := range cameFor {
			if h.owner(t, report) != patient {
				r.Errorf("report %s is with patient %d, came for %d", report, h.owner(t, report), patient)
			}
		}
	})
}
