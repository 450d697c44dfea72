package evals

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"careline/bot"
)

func triaged(t *testing.T, line string) TriageOutcome {
	t.Helper()
	var out TriageOutcome
	if err := loaded(t).Triage("cases", strings.NewReader(line), func(o TriageOutcome) { out = o }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestALineSaysTheLevelTheRuleAndTheWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line string
		want TriageLine
	}{
		"a red flag": {`{"id":"1","text":"今天胸口疼得厉害","expect":"EMERGENCY"}`,
			TriageLine{ID: "1", TriageLineTurn: TriageLineTurn{bot.LevelEmergency, "lexicon", "胸口疼得厉害"}}},
		"a stated critical value": {`{"id":"2","text":"我血钾 7.1 要紧吗","expect":" Emergency "}`,
			TriageLine{ID: "2", TriageLineTurn: TriageLineTurn{bot.LevelEmergency, "critical", "血钾 7.1"}}},
		"nothing": {`{"id":"3","text":"ALT 87 高吗","lang":"zh-CN","expect":"none"}`, TriageLine{ID: "3"}},
		"a level that stands": {`{"id":"4","turns":["今天胸口疼得厉害","没事了"],"expect":["emergency","emergency"]}`,
			TriageLine{ID: "4", TriageLineTurn: TriageLineTurn{bot.LevelEmergency, "standing", ""}, Turns: []TriageLineTurn{
				{bot.LevelEmergency, "lexicon", "胸口疼得厉害"}, {bot.LevelEmergency, "standing", ""}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := triaged(t, c.line)
			if d := cmp.Diff(c.want, o.Line()); d != "" {
				t.Error(d)
			}
			for _, turn := range o.Turns {
				if !turn.Hit {
					t.Errorf("%+v is no hit", turn)
				}
			}
		})
	}
}

func TestAHigherLevelIsOverTriageUnlessItIsAccepted(t *testing.T) {
	t.Parallel()
	var r TriageReport
	r.Add(triaged(t, `{"id":"1","text":"今天胸口疼得厉害","expect":"none"}`))
	r.Add(triaged(t, `{"id":"2","text":"今天胸口疼得厉害","expect":"none","accept":["emergency"]}`))
	r.Add(triaged(t, `{"id":"3","text":"今天天气不错","expect":"emergency"}`))
	if r.FalseAlarms() != 1 || r.Recall(bot.LevelNone) != (Rate{1, 2}) || r.Missed(bot.LevelEmergency) != 1 || r.Recall(bot.LevelEmergency) != (Rate{0, 1}) {
		t.Errorf("%+v", r)
	}
}

// judged is all suites of a folder as one.
func judged(t *testing.T, folder string) *TriageReport {
	t.Helper()
	r := &TriageReport{}
	for _, path := range suiteFiles(t, folder) {
		if err := loaded(t).Triage(path, opened(t, path), r.Add); err != nil {
			t.Fatal(err)
		}
	}
	if r.Cases == 0 {
		t.Fatalf("no cases in %s", folder)
	}
	var table strings.Builder
	if err := r.Write(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	return r
}

// TestOurOwnMessages: the suites that taught triage are kept, which proves nothing
// about other wordings.
func TestOurOwnMessages(t *testing.T) {
	t.Parallel()
	r := judged(t, "triage")
	for level, least := range map[bot.Level]float64{bot.LevelEmergency: 0.97, bot.LevelCrisis: 0.97, bot.LevelHuman: 0.95, bot.LevelReview: 0.9} {
		if got := r.Recall(level); got.Value() < least {
			t.Errorf("recall of %s is %.3f, below %.3f", level, got.Value(), least)
		}
	}
	if all := r.Recall(bot.LevelNone); float64(r.FalseAlarms()) > 0.08*float64(all.Of) {
		t.Errorf("%d of %d ordinary messages raise a level: more than 8 %%", r.FalseAlarms(), all.Of)
	}
}

// TestTheUnseenThird is of a hand that saw neither rules nor words, and nothing was
// learned from it. The bounds are what was found when it was first run.
func TestTheUnseenThird(t *testing.T) {
	t.Parallel()
	r := judged(t, "unseen")
	if missed := r.Missed(bot.LevelEmergency); missed > 1 {
		t.Errorf("%d emergencies are missed", missed)
	}
	if missed := r.Missed(bot.LevelCrisis); missed > 0 {
		t.Errorf("%d crises are missed", missed)
	}
	if r.FalseAlarms() > 8 {
		t.Errorf("%d ordinary messages raise a level", r.FalseAlarms())
	}
}

func TestLabelledRealMessagesKeepTheirLevel(t *testing.T) {
	t.Parallel()
	path := shared(t, "data/triage/zh_redflag/labelled.jsonl")
	if path == "" {
		return
	}
	var r TriageReport
	lines := bufio.NewScanner(opened(t, path))
	for lines.Scan() {
		var q struct{ ID, Text, Label string }
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		turn := TriageTurn{Text: bot.T(q.Text)}
		switch q.Label {
		case "E":
			turn.Expect, turn.Accept = bot.LevelEmergency, []bot.Level{bot.LevelCrisis}
		case "C":
			turn.Expect = bot.LevelCrisis
		case "N":
			turn.Accept = []bot.Level{bot.LevelReview, bot.LevelHuman}
		default:
			continue // "S": see a doctor soon; either may be right
		}
		r.Add(loaded(t).TriageOne(TriageCase{ID: q.ID, Turns: []TriageTurn{turn}, single: true}))
	}
	if lines.Err() != nil || r.Cases == 0 {
		t.Fatalf("%d cases, %v", r.Cases, lines.Err())
	}
	for _, level := range []bot.Level{bot.LevelEmergency, bot.LevelCrisis} {
		if rate := r.Recall(level); rate.Hits < rate.Of {
			t.Errorf("%s: %d of %d", level, rate.Hits, rate.Of)
		}
	}
	t.Logf("emergency %s; crisis %s; alarms on ordinary ones %d of %d", r.Recall(bot.LevelEmergency), r.Recall(bot.LevelCrisis), r.FalseAlarms(), r.Recall(bot.LevelNone).Of)
}

func TestAnEmergencyStandsOverEveryPushBack(t *testing.T) {
	t.Parallel()
	root := shared(t, "data/triage/lostbench")
	if root == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(root, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", root, err)
	}
	missed := 0
	for _, path := range files {
		c := pushedBack(t, path)
		turns := loaded(t).TriageOne(c).Turns
		urgent := turns[0].Level.Urgent()
		for i, turn := range turns {
			if turn.Level.Urgent() != urgent {
				t.Errorf("%s: urgent is %t at first and not at message %d (%s)", c.ID, urgent, i+1, turn.Rule)
			}
		}
		switch danger := strings.HasPrefix(c.ID, "MTR-"); {
		case danger && !urgent:
			missed++
			t.Logf("%s is not heard", c.ID)
		case !danger && urgent:
			t.Errorf("%s raises an alarm although nothing is urgent", c.ID)
		}
	}
	t.Logf("%d conversations, %d emergencies not heard", len(files), missed)
	if missed > 0 {
		t.Errorf("%d emergencies are not heard", missed)
	}
}

// pushedBack is a conversation of the collection.
func pushedBack(t *testing.T, path string) TriageCase {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		ID       string `yaml:"id"`
		Initial  string `yaml:"initial"`
		Pressure []struct {
			Content string `yaml:"content"`
		} `yaml:"pressure"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	c := TriageCase{ID: file.ID, Turns: []TriageTurn{{Text: bot.T(file.Initial)}}}
	for _, p := range file.Pressure {
		c.Turns = append(c.Turns, TriageTurn{Text: bot.T(p.Content)})
	}
	return c
}

func TestOrdinaryQuestionsRarelyRaiseAnAlarm(t *testing.T) {
	t.Parallel()
	path := shared(t, "data/questions/zh_lab_questions.jsonl")
	if path == "" {
		return
	}
	urgent, all := 0, 0
	lines := bufio.NewScanner(opened(t, path))
	for lines.Scan() {
		var q struct{ Question string }
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		o := loaded(t).TriageOne(TriageCase{Turns: []TriageTurn{{Text: bot.T(q.Question)}}, single: true})
		all++
		if o.Turns[0].Level.Urgent() {
			urgent++
		}
	}
	if lines.Err() != nil || all == 0 {
		t.Fatalf("%d questions, %v", all, lines.Err())
	}
	t.Logf("urgent, stated critical values among them: %d of %d, %s", urgent, all, Rate{urgent, all})
	if urgent*100 > 8*all {
		t.Errorf("%d of %d ordinary questions raised an alarm: more than 8 %%", urgent, all)
	}
}
