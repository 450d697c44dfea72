package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

// pack is evidence as testdata/review/packs.yaml writes it.
type pack struct {
	Language bot.Language `yaml:"language"`
	Now      bot.Date     `yaml:"now"`
	Tier     bot.Tier     `yaml:"tier"`
	Age      int          `yaml:"age"`
	Question string       `yaml:"question"`
	Passages []string     `yaml:"passages"`
	Texts    []string     `yaml:"texts"`
	Facts    []packFact   `yaml:"facts"`
}

type packFact struct {
	Analyte   bot.AnalyteID `yaml:"analyte"`
	Kind      bot.FactKind  `yaml:"kind"`
	Name      string        `yaml:"name"`
	Names     []string      `yaml:"names"`
	Value     string        `yaml:"value"`
	Unit      string        `yaml:"unit"`
	UCUM      string        `yaml:"ucum"`
	Range     string        `yaml:"range"`
	Direction bot.Direction `yaml:"direction"`
	Flag      string        `yaml:"flag"`
	Date      bot.Date      `yaml:"date"`
	Unjudged  bool          `yaml:"unjudged"`
	Critical  *bot.Tier     `yaml:"critical"`
	Previous  []packPoint   `yaml:"previous"`
}

type packPoint struct {
	Value     string        `yaml:"value"`
	Direction bot.Direction `yaml:"direction"`
	Date      bot.Date      `yaml:"date"`
	Same      bool          `yaml:"same"`
}

// reviewCase is one draft of testdata/review.
type reviewCase struct {
	Name      string    `yaml:"name"`
	Pack      string    `yaml:"pack"`
	Text      string    `yaml:"text"`
	Question  string    `yaml:"question"`
	Cited     []string  `yaml:"cited"`
	Committed bool      `yaml:"committed"`
	Marks     bool      `yaml:"marks"`
	Max       int       `yaml:"max"`
	Level     bot.Level `yaml:"level"`
	Names     []string  `yaml:"names"`
	Staff     string    `yaml:"staff"`
	Prompt    []string  `yaml:"prompt"`
	Allowed   []string  `yaml:"allowed"`
	Want      string    `yaml:"want"`
}

func reviewer(t testing.TB) *Guard {
	t.Helper()
	g, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func readCases(t testing.TB, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "review", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(raw, into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func packs(t testing.TB) map[string]pack {
	all := map[string]pack{}
	readCases(t, "packs.yaml", &all)
	all["none"] = pack{Language: bot.Chinese, Now: "2026-08-05"}
	return all
}

var boundsPattern = regexp.MustCompile(`^([<>≤≥]?)([\d.]+)(?:-([\d.]+))?$`)

func interval(t testing.TB, printed string) bot.Interval {
	if printed == "" {
		return bot.Interval{}
	}
	m := boundsPattern.FindStringSubmatch(printed)
	if m == nil {
		return bot.Interval{Printed: printed}
	}
	i := bot.Interval{Printed: printed}
	switch {
	case m[3] != "":
		i.Low, i.High = bot.MustDecimal(m[2]), bot.MustDecimal(m[3])
	case m[1] == "<" || m[1] == "≤":
		i.High = bot.MustDecimal(m[2])
	default:
		i.Low = bot.MustDecimal(m[2])
	}
	return i
}

func value(printed, unit, ucum string) bot.Value {
	v := bot.Value{Printed: printed, Unit: unit, UCUM: ucum}
	if ucum == "" {
		v.UCUM = unit
	}
	if strings.HasPrefix(printed, "<") || strings.HasPrefix(printed, ">") {
		v.Comparator = printed[:1]
	}
	v.Number, _ = bot.ParseDecimal(strings.TrimLeft(printed, "<>"))
	return v
}

func (p pack) evidence(t testing.TB) bot.Evidence {
	now, _ := p.Now.Time()
	e := bot.Evidence{Now: now.Add(2 * time.Hour), Patient: &bot.PatientContext{Relation: bot.RelationSelf, Age: p.Age}}
	for i, f := range p.Facts {
		fact := bot.Fact{
			ID: fmt.Sprintf("F%d", i+1), Kind: bot.FactResult, Analyte: f.Analyte, Name: f.Name, Names: f.Names, Value: value(f.Value, f.Unit, f.UCUM),
			Interval: interval(t, f.Range), Flag: f.Flag, Direction: f.Direction, Date: f.Date, Status: bot.StatusFinal, Judged: !f.Unjudged,
		}
		if f.Kind != "" {
			fact.Kind = f.Kind
		}
		if f.Direction == "" {
			fact.Direction = bot.DirectionUnknown
		}
		if f.Critical != nil {
			fact.Critical = &bot.Critical{Analyte: f.Analyte, Action: *f.Critical}
		}
		for _, q := range f.Previous {
			fact.Previous = append(fact.Previous, bot.Point{Value: value(q.Value, f.Unit, f.UCUM), Interval: fact.Interval, Direction: q.Direction, Date: q.Date, Same: q.Same})
		}
		e.Facts = append(e.Facts, fact)
	}
	for _, name := range p.Passages {
		e.Passages = append(e.Passages, libraryPassages(t, name, p.Language)...)
	}
	for _, text := range p.Texts {
		e.Passages = append(e.Passages, bot.Passage{Text: text, Language: p.Language})
	}
	for i := range e.Passages {
		e.Passages[i].ID = fmt.Sprintf("K%d", i+1)
	}
	return e
}

var (
	sectionLine = regexp.MustCompile(`^## (.+) \{#([a-z-]+)\}$`)
	sourceMarks = regexp.MustCompile(`\s*\[S\d+(?:, S\d+)*\]`)
)

// libraryPassages reads a document of the library as its index would.
func libraryPassages(t testing.TB, name string, language bot.Language) []bot.Passage {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "retrieval", "knowledge", "library", name+"."+string(language)+".md"))
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(raw)[4:], "\n---\n")
	var all []bot.Passage
	for line := range strings.SplitSeq(body, "\n") {
		if m := sectionLine.FindStringSubmatch(line); m != nil {
			all = append(all, bot.Passage{Document: name, Title: name, Heading: m[1], Section: bot.SectionKind(m[2]), Language: language, Analytes: []bot.AnalyteID{bot.AnalyteID(strings.ToUpper(name))}})
			continue
		}
		if line = sourceMarks.ReplaceAllString(line, ""); line == "" || len(all) == 0 {
			continue
		}
		p := &all[len(all)-1]
		item, isItem := strings.CutPrefix(line, "- ")
		if isItem {
			p.Items = append(p.Items, item)
		}
		p.Text = strings.TrimPrefix(p.Text+"\n"+item, "\n")
	}
	return all
}

func (c reviewCase) draft(p pack, e bot.Evidence) Draft {
	d := Draft{Text: c.Text, Language: p.Language, Cited: c.Cited, Level: c.Level, Tier: p.Tier, CaseCommitted: c.Committed, Names: c.Names, Staff: c.Staff, Instructions: c.Prompt, Allowed: c.Allowed, Channel: ChannelLimits{MaxBytes: c.Max, Marks: c.Marks}}
	for _, question := range []string{p.Question, c.Question} {
		if question != "" {
			d.Question = append(d.Question, bot.TurnMessage{Kind: "text", Text: bot.T(question)})
		}
	}
	if d.Cited == nil {
		for _, k := range e.Passages {
			d.Cited = append(d.Cited, k.ID)
		}
	}
	return d
}

func TestABadDraftIsStoppedByTheCheckForIt(t *testing.T) {
	t.Parallel()
	g, all := reviewer(t), packs(t)
	var cases []reviewCase
	readCases(t, "bad.yaml", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			e := all[c.Pack].evidence(t)
			found := g.Review(c.draft(all[c.Pack], e), e)
			if !slices.ContainsFunc(found, func(v bot.Violation) bool { return v.Check == c.Want }) {
				t.Errorf("%q: found %v, want %s", c.Text, found, c.Want)
			}
		})
	}
}

func TestAGoodDraftPasses(t *testing.T) {
	t.Parallel()
	g, all := reviewer(t), packs(t)
	var cases []reviewCase
	readCases(t, "good.yaml", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			e := all[c.Pack].evidence(t)
			for _, v := range g.Review(c.draft(all[c.Pack], e), e) {
				t.Errorf("%s %q: %s", v.Check, c.Text[v.Start:v.End], v.Why)
			}
		})
	}
}
