package evals

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"careline/bot"
)

// loadBench reads the data once for all tests: a Bench is safe for concurrent use.
var loadBench = sync.OnceValues(func() (*Bench, error) { return New(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)) })

func loaded(t testing.TB) *Bench {
	t.Helper()
	b, err := loadBench()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// suiteFiles are our own suites of one kind.
func suiteFiles(t *testing.T, kind string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(kind, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func opened(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// shared is a file of a collection that is not part of the project; "" where this
// machine does not have it.
func shared(t *testing.T, name string) string {
	t.Helper()
	root, set := os.LookupEnv("CARELINE_SHARED")
	if !set {
		t.Logf("not run: CARELINE_SHARED is not set, so %s is not read", name)
		return ""
	}
	return filepath.Join(root, name)
}

func TestBoundsAreClopperAndPearsons(t *testing.T) {
	t.Parallel()
	// Computed from the binomial tails, which the bounds are defined by.
	for _, c := range []struct {
		rate      Rate
		low, high float64
	}{
		{Rate{0, 10}, 0, 0.3085}, {Rate{10, 10}, 0.6915, 1}, {Rate{5, 10}, 0.1871, 0.8129},
		{Rate{97, 100}, 0.9148, 0.9938}, {Rate{1, 60}, 0.0004, 0.0894}, {Rate{0, 0}, 0, 1},
	} {
		low, high := c.rate.Bounds()
		if diff(low, c.low) || diff(high, c.high) {
			t.Errorf("%+v: %.4f-%.4f, want %.4f-%.4f", c.rate, low, high, c.low, c.high)
		}
	}
}

func diff(a, b float64) bool { return a-b > 0.0001 || b-a > 0.0001 }

func TestWhatCannotBeJudgedIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	b := loaded(t)
	triage := func(text string) error {
		return b.Triage("cases", strings.NewReader(text), func(TriageOutcome) {})
	}
	review := func(text string) error {
		return b.Review("cases", strings.NewReader(text), func(ReviewOutcome) {})
	}
	for name, c := range map[string]struct {
		run  func(string) error
		text string
		want string
	}{
		"broken JSON":        {triage, "\n\n{\"id\":", "line 3: this is not one JSON object"},
		"no id":              {triage, `{"text":"a","expect":"none"}`, `line 1: the case has no "id"`},
		"unknown level":      {triage, `{"id":"1","text":"a","expect":"high"}`, "line 1: this is no level"},
		"unknown accepted":   {triage, `{"id":"1","text":"a","expect":"none","accept":["x"]}`, "this is no level"},
		"no text":            {triage, `{"id":"1","expect":"none"}`, "needs a \"text\""},
		"a turn unlabelled":  {triage, `{"id":"1","turns":[{"text":"a","expect":"none"},{"text":"b"}]}`, "message 2 needs"},
		"text and turns":     {triage, `{"id":"1","text":"a","turns":["b"],"expect":["none"]}`, "not both"},
		"a wrong language":   {triage, `{"id":"1","text":"a","lang":"fr","expect":"none"}`, "neither zh nor en"},
		"a number for text":  {triage, `{"id":"1","text":5,"expect":"none"}`, `"text" is not what is expected`},
		"no draft":           {review, `{"id":"1","expect":"pass"}`, `no "completion"`},
		"neither nor":        {review, `{"id":"1","completion":"a","expect":"ok"}`, "neither block nor pass"},
		"a line without end": {review, `{"id":"` + strings.Repeat("x", longestLine), "longer than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.run(c.text)
			person := ""
			if e, ok := err.(*bot.Error); ok {
				person = e.Person
			}
			if bot.KindOf(err) != bot.KindInvalid || !strings.Contains(person, c.want) {
				t.Errorf("%v: %q, want %q", err, person, c.want)
			}
		})
	}
}
