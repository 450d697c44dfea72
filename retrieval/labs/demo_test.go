package labs_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
	"careline/retrieval/labs"
)

func TestTheDemoGoesInWithoutQuarantine(t *testing.T) {
	t.Parallel()
	files, err := labs.DemoFiles(time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, file := range files {
		f, err := labs.Parse(catalogue(t), file.Name, bytes.NewReader(file.Content), shanghai(t))
		if err != nil || len(f.Quarantine) > 0 {
			t.Fatalf("%s: %+v, %v", file.Name, f.Quarantine, err)
		}
		for _, p := range f.Patients {
			known[p.Patient.Identifiers[0].Value] = true
			for _, r := range p.Reports {
				for _, x := range r.Results {
					if x.Analyte == "" || x.FlagConflict || x.UnitProblem || x.Direction == bot.DirectionUnknown {
						t.Errorf("%s of %s is not understood: %+v", x.Name, r.Number, x)
					}
				}
			}
		}
	}
	for _, p := range labs.DemoPeople() {
		if !known[p.Identifier] {
			t.Errorf("%s has no reports", p.Key)
		}
	}
}

// demoAt parses the demo as it is at a time.
func demoAt(t *testing.T, now time.Time) []bot.ImportFile {
	t.Helper()
	files, err := labs.DemoFiles(now)
	if err != nil {
		t.Fatal(err)
	}
	var all []bot.ImportFile
	for _, file := range files {
		f, err := labs.Parse(catalogue(t), file.Name, bytes.NewReader(file.Content), shanghai(t))
		if err != nil {
			t.Fatal(file.Name, err)
		}
		all = append(all, f)
	}
	return all
}

func TestTheDemoOfAnotherDayIsTheSamePeopleAndReportsWithOtherDates(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	who := func(files []bot.ImportFile) (all []string) {
		for _, f := range files {
			for _, p := range f.Patients {
				all = append(all, p.Patient.Identifiers[0].Value+" "+string(p.Patient.BirthDate))
				for _, r := range p.Reports {
					all = append(all, r.System+" "+r.Number)
				}
			}
		}
		return all
	}
	first := demoAt(t, monday)
	for _, later := range []time.Time{monday.AddDate(0, 0, 1), monday.AddDate(0, 2, 0), monday.AddDate(3, 0, 0)} {
		if d := cmp.Diff(who(first), who(demoAt(t, later))); d != "" {
			t.Errorf("on %s: %s", later, d)
		}
	}
	for i, f := range demoAt(t, monday.Add(24*time.Hour-time.Second)) {
		if f.Digest != first[i].Digest {
			t.Error("the same day changed the demo")
		}
	}
	if demoAt(t, monday.AddDate(0, 0, 1))[0].Digest == first[0].Digest {
		t.Error("the next day left the dates as they were")
	}
}

func TestNothingInTheDemoLiesAheadAndItsCriticalPotassiumIsAtMostADayOld(t *testing.T) {
	t.Parallel()
	for hour := range 24 {
		now := time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC)
		fresh := false
		for _, f := range demoAt(t, now) {
			for _, p := range f.Patients {
				for _, r := range p.Reports {
					for _, x := range r.Results {
						if x.EffectiveAt.After(now) || r.IssuedAt.After(now) {
							t.Errorf("at %s, %s is of %s", now, x.Name, x.EffectiveAt)
						}
						fresh = fresh || x.Analyte == "K" && x.Value.Printed == "7.1" && now.Sub(x.EffectiveAt) <= 25*time.Hour
					}
				}
			}
		}
		if !fresh {
			t.Errorf("at %s the potassium is old", now)
		}
	}
}

func TestTheDemoShowsATrendOfALTAndGlucose(t *testing.T) {
	t.Parallel()
	points := map[bot.AnalyteID]int{}
	for _, f := range demoAt(t, time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)) {
		for _, p := range f.Patients {
			for _, r := range p.Reports {
				for _, x := range r.Results {
					if p.Patient.Identifiers[0].Value == labs.DemoPeople()[0].Identifier {
						points[x.Analyte]++
					}
				}
			}
		}
	}
	if points["ALT"] < 4 || points["GLU"] < 4 {
		t.Error(points)
	}
}
