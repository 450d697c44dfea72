package guard

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"careline/bot"
)

// suiteCase is a line of evals/triage: one message, or turns with the level that
// stands after each.
type suiteCase struct {
	ID string `json:"id"`
	suiteTurn
	Turns []suiteTurn `json:"turns"`
}

type suiteTurn struct {
	Text   string      `json:"text"`
	Expect bot.Level   `json:"expect"`
	Accept []bot.Level `json:"accept"`
}

func (s suiteTurn) takes(l bot.Level) bool { return l == s.Expect || slices.Contains(s.Accept, l) }

// hearSuite calls each with what was expected and what came, message by message.
func hearSuite(t testing.TB, g *Guard, name string, each func(id string, want suiteTurn, standing bot.Level, got bot.Trigger)) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var c suiteCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(c.Turns) == 0 {
			c.Turns = []suiteTurn{c.suiteTurn}
		}
		var in TriageInput
		for i, turn := range c.Turns {
			now := testNow.Add(time.Duration(i) * time.Minute)
			in.Now, in.Messages = now, []bot.TurnMessage{{Kind: "text", Text: bot.T(turn.Text), At: now}}
			got := g.Triage(in)
			in.Standing = max(in.Standing, got.Level)
			each(c.ID, turn, in.Standing, got)
			in.Earlier = append(in.Earlier, in.Messages...)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestTheDevelopmentSuiteIsHeard(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	names, err := filepath.Glob("../../evals/triage/dev-*.jsonl")
	if err != nil || len(names) == 0 {
		t.Fatalf("no development suite: %v", err)
	}
	all, alarms := 0, 0
	for _, name := range names {
		hearSuite(t, g, name, func(id string, want suiteTurn, standing bot.Level, got bot.Trigger) {
			switch {
			case want.Expect == bot.LevelNone:
				all++
				if !want.takes(standing) {
					alarms++
					t.Logf("%s: nothing was needed, but %s by %s (%s)", id, got.Level, got.Term, got.Rule)
				}
			case standing < want.Expect && !want.takes(standing):
				t.Errorf("%s: %q is %s, want %s", id, want.Text, standing, want.Expect)
			}
		})
	}
	const tolerated = 0.08
	if float64(alarms) > tolerated*float64(all) {
		t.Errorf("%d of %d ordinary messages were escalated", alarms, all)
	}
}
