package evals

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"careline/bot"
)

func reviewCase(t *testing.T, line string) ReviewCase {
	t.Helper()
	var c ReviewCase
	if err := json.Unmarshal([]byte(line), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func evidenceOf(t *testing.T, line string) bot.Evidence {
	t.Helper()
	e, unread, err := loaded(t).evidence(reviewCase(t, line))
	if err != nil || unread > 0 {
		t.Fatalf("%d unread, %v", unread, err)
	}
	return e
}

func TestLabsBecomeTheFactsAnImportMakes(t *testing.T) {
	t.Parallel()
	e := evidenceOf(t, `{"id":"1","labs":[
		{"name":"谷丙转氨酶(ALT)","value":87,"unit":"U/L","ref":"7-40","flag":"↑","date":"2026-08-03"},
		{"name":"血清钾","value":"7.1↑","unit":"mmol/L","ref":"3.5-5.3","date":"2026-08-03"},
		{"name":"ALT","value":"55","unit":"U/L","ref":"7-40","flag":"H","date":"2026-05-12"}],
		"question":"血糖呢","completion":"x","expect":"pass"}`)
	if len(e.Facts) != 2 {
		t.Fatalf("%d facts, want ALT and potassium", len(e.Facts))
	}
	alt, k := e.Facts[0], e.Facts[1]
	if alt.ID != "F1" || alt.Analyte != "ALT" || alt.Direction != bot.DirectionHigh || alt.Date != "2026-08-03" || alt.Critical != nil || !alt.Judged {
		t.Errorf("ALT: %+v", alt)
	}
	if len(alt.Previous) != 1 || alt.Previous[0].Value.Printed != "55" || !alt.Previous[0].Same || alt.Previous[0].Direction != bot.DirectionHigh {
		t.Errorf("the earlier ALT: %+v", alt.Previous)
	}
	if k.Analyte != "K" || k.Value.Printed != "7.1" || k.Flag != "↑" || k.Critical == nil || k.Critical.Side != bot.DirectionHigh {
		t.Errorf("a critical potassium: %+v", k)
	}
	if !slices.Equal(e.Asked, []bot.AnalyteID{"GLU"}) {
		t.Errorf("asked: %v", e.Asked)
	}
}

func TestPassagesAreAboutTheLabsTheQuestionAndInGeneral(t *testing.T) {
	t.Parallel()
	e := evidenceOf(t, `{"id":"1","labs":[{"name":"ALT","value":"30","unit":"U/L","ref":"7-40","date":"2026-08-03"}],"question":"is my glucose ok","completion":"x","expect":"pass"}`)
	documents := map[string]bool{}
	for i, p := range e.Passages {
		documents[p.Document] = true
		if p.Language != bot.English || i == 0 && (p.ID != "K1" || p.Document != "alt") {
			t.Errorf("%s of %s is in %s", p.ID, p.Document, p.Language)
		}
	}
	for _, id := range []string{"alt", "glu", "before-a-blood-test", "normal-but-worried", "reading-a-report"} {
		if !documents[id] {
			t.Errorf("no passage of %s", id)
		}
	}
	if documents["k"] {
		t.Error("passages about an item that is neither measured nor asked for")
	}
}

func TestAnEarlierDayOfTheSameItemIsNoSecondFactAndAnotherUnitNotComparable(t *testing.T) {
	t.Parallel()
	e := evidenceOf(t, `{"id":"1","labs":[{"name":"葡萄糖","value":"100","unit":"mg/dL","date":"2026-01-02"},{"name":"葡萄糖","value":"6.3","unit":"mmol/L","ref":"3.9-6.1"}],"question":"","completion":"x","expect":"pass"}`)
	if len(e.Facts) != 1 {
		// A lab without a date is of the day of the newest one, so both are of one day.
		t.Fatalf("%d facts", len(e.Facts))
	}
	e = evidenceOf(t, `{"id":"1","labs":[{"name":"葡萄糖","value":"100","unit":"mg/dL","date":"2026-01-02"},{"name":"葡萄糖","value":"6.3","unit":"mmol/L","ref":"3.9-6.1","date":"2026-02-02"}],"question":"","completion":"x","expect":"pass"}`)
	if p := e.Facts[0].Previous; len(p) != 1 || p[0].Same {
		t.Errorf("%+v", p)
	}
}

func TestTheLanguageIsTheQuestionsElseTheDrafts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question, completion string
		want                 bot.Language
	}{{"转氨酶高吗", "ALT is high", bot.Chinese}, {"ALT?", "ALT is high", bot.English}, {"is it high", "偏高", bot.English}, {"", "偏高", bot.Chinese}} {
		if got := (ReviewCase{Question: bot.T(c.question), Completion: c.completion}).language(); got != c.want {
			t.Errorf("%q, %q: %s", c.question, c.completion, got)
		}
	}
}

func TestADraftRestsOnThePassagesItMarks(t *testing.T) {
	t.Parallel()
	if got := cited("一 [K2]，二 [K1、k2]，三 [F1]"); !slices.Equal(got, []string{"K2", "K1"}) {
		t.Errorf("%v", got)
	}
}

func TestOurOwnDrafts(t *testing.T) {
	t.Parallel()
	for _, path := range suiteFiles(t, "review") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			var r ReviewReport
			if err := loaded(t).Review(path, opened(t, path), r.Add); err != nil {
				t.Fatal(err)
			}
			if bad, good := r.Blocked(), r.Passed(); bad.Hits < bad.Of || good.Value() < 0.97 {
				var table strings.Builder
				_ = r.Write(&table)
				t.Errorf("a bad draft is released, or fewer than 97 %% of the good ones pass\n%s", table.String())
			}
		})
	}
}

func TestNoMutantOfOurOwnDraftsIsReleased(t *testing.T) {
	t.Parallel()
	files := suiteFiles(t, "review")
	if len(files) == 0 {
		t.Fatal("there is no suite of drafts")
	}
	mutants, err := loaded(t).NewMutants()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if err := mutants.Read(path, opened(t, path)); err != nil {
			t.Fatal(err)
		}
	}
	n := 500
	if os.Getenv("CARELINE_PROVE") != "" {
		n = 10_000
	}
	var r MutantReport
	mutants.Run(n, 1, r.Add)
	if len(r.Released()) > 0 || r.Tried() < n {
		var table strings.Builder
		_ = r.Write(&table)
		t.Errorf("%d of %d tried, %d released\n%s", r.Tried(), n, len(r.Released()), table.String())
	}
}
