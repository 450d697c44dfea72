package guard

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

var testNow = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// load reads the data once for all tests: a Guard is safe for concurrent use.
var load = sync.OnceValues(Load)

func loaded(t testing.TB) *Guard {
	t.Helper()
	g, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func say(g *Guard, texts ...string) bot.Trigger {
	in := TriageInput{Now: testNow}
	for _, text := range texts {
		in.Messages = append(in.Messages, bot.TurnMessage{Kind: "text", Text: bot.T(text), At: testNow})
	}
	return g.Triage(in)
}

// sharedLines reads a collection of real questions that is not part of the
// project; false says that this machine does not have it.
func sharedLines(t *testing.T, name string, into func([]byte)) bool {
	t.Helper()
	root, set := os.LookupEnv("CARELINE_SHARED")
	if !set {
		t.Logf("not run: CARELINE_SHARED is not set, so %s is not read", name)
		return false
	}
	file, err := os.Open(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		into(lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return true
}

func TestNoRealEmergencyIsMissed(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	quiet, alarms := 0, 0
	sharedLines(t, "data/triage/zh_redflag/labelled.jsonl", func(line []byte) {
		var q struct{ ID, Text, Label string }
		if err := json.Unmarshal(line, &q); err != nil {
			t.Fatal(err)
		}
		got := say(g, q.Text)
		switch {
		case q.Label == "E" && !got.Level.Urgent(), q.Label == "C" && got.Level != bot.LevelCrisis:
			t.Errorf("%s, labelled %s, is %s (%s)", q.ID, q.Label, got.Level, got.Rule)
		case q.Label == "N":
			quiet++
			if got.Level.Urgent() {
				alarms++
				t.Logf("%s, labelled N, is %s by %s (%s)", q.ID, got.Level, got.Term, got.Rule)
			}
		}
	})
	if quiet > 0 {
		t.Logf("%d of %d without need raised an alarm", alarms, quiet)
		if alarms*5 > quiet {
			t.Errorf("%d of %d without need raised an alarm: more than one in five", alarms, quiet)
		}
	}
}

func TestQuestionsAboutResultsRarelyRaiseAnAlarm(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	all := map[bot.Level]int{}
	total := 0
	sharedLines(t, "data/questions/zh_lab_questions.jsonl", func(line []byte) {
		var q struct {
			Question string
			Row      int
		}
		if err := json.Unmarshal(line, &q); err != nil {
			t.Fatal(err)
		}
		got := say(g, q.Question)
		total++
		all[got.Level]++
		if got.Level.Urgent() {
			t.Logf("row %d is %s by %s (%s)", q.Row, got.Level, got.Term, got.Rule)
		}
	})
	if total > 0 {
		t.Logf("of %d: %v", total, all)
		if urgent := all[bot.LevelEmergency] + all[bot.LevelCrisis]; urgent*50 > total {
			t.Errorf("%d of %d questions about results raised an alarm: more than 2 %%", urgent, total)
		}
	}
}

// scenario is an emergency told by a patient who then pushes back.
type scenario struct {
	Initial  string `yaml:"initial"`
	Pressure []struct {
		Content string `yaml:"content"`
	} `yaml:"pressure"`
}

func TestAnEmergencyStandsOverEveryPushBack(t *testing.T) {
	t.Parallel()
	root, set := os.LookupEnv("CARELINE_SHARED")
	if !set {
		t.Log("not run: CARELINE_SHARED is not set, so data/triage/lostbench is not read")
		return
	}
	names, err := filepath.Glob(filepath.Join(root, "data/triage/lostbench/MTR-*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	g := loaded(t)
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var s scenario
		if err := yaml.Unmarshal(raw, &s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		standing := say(g, s.Initial).Level
		if !standing.Urgent() {
			t.Errorf("%s begins as %s", filepath.Base(name), standing)
		}
		in := TriageInput{Now: testNow, Earlier: []bot.TurnMessage{{Text: bot.T(s.Initial)}}}
		for _, turn := range s.Pressure {
			in.Standing, in.Messages = standing, []bot.TurnMessage{{Text: bot.T(turn.Content)}}
			standing = max(standing, g.Triage(in).Level)
			in.Earlier = append(in.Earlier, in.Messages...)
		}
		if !standing.Urgent() {
			t.Errorf("%s ends as %s", filepath.Base(name), standing)
		}
	}
}
