package turn

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/postgres/postgrestest"
	"careline/retrieval/embed"
	"careline/retrieval/knowledge"
	"careline/retrieval/labs"
)

// evidenceWorld is what random evidence is drawn from: the real catalogue, the
// real library, the real guard.
type evidenceWorld struct {
	*Engine
	analytes []labs.Analyte
	passages map[bot.Language]map[bot.AnalyteID][]bot.Passage
}

func newWorld(t testing.TB) evidenceWorld {
	t.Helper()
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := labs.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	library := knowledge.New(postgrestest.New(t), embed.BuiltIn(catalogue.Synonyms()))
	if _, err := library.IndexEmbedded(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, err := New(Config{Guard: g, Catalogue: catalogue, Library: library})
	if err != nil {
		t.Fatal(err)
	}
	w := evidenceWorld{Engine: e, analytes: catalogue.All(), passages: map[bot.Language]map[bot.AnalyteID][]bot.Passage{}}
	for _, language := range []bot.Language{bot.Chinese, bot.English} {
		w.passages[language] = map[bot.AnalyteID][]bot.Passage{}
		for _, a := range w.analytes {
			if w.passages[language][a.ID], err = library.Sections(t.Context(), "hospital", language, []bot.AnalyteID{a.ID}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return w
}

// TestAComposedAnswerAlwaysPassesReview: whatever the evidence, what the composer
// writes fits one message and states nothing the guard stops.
func TestAComposedAnswerAlwaysPassesReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		p := w.draw(t)
		m, err := w.material(p)
		if err != nil {
			t.Fatal(err)
		}
		m.whole = rapid.Bool().Draw(t, "whole")
		answer, err := compose(w.phrases[p.question.language], m)
		if err != nil {
			t.Fatal(err)
		}
		if answer.text == "" || len(answer.text) > partBytes {
			t.Fatalf("%d bytes:\n%s", len(answer.text), answer.text)
		}
		p.tier = w.Guard.Tier(p.evidence.Facts, p.evidence.Patient).Tier
		for _, v := range w.review(p, answer) {
			whole := answer.text
			if answer.full != "" {
				whole = answer.full
			}
			span := ""
			if v.Start >= 0 && v.End <= len(whole) && v.Start < v.End {
				span = whole[v.Start:v.End]
			}
			t.Errorf("%s %q: %s", v.Check, span, v.Why)
		}
		if t.Failed() {
			t.Fatalf("the answer:\n%s\n%s", answer.text, answer.full)
		}
	})
}

var now = time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)

func (w evidenceWorld) draw(t *rapid.T) *pending {
	language := rapid.SampledFrom([]bot.Language{bot.Chinese, bot.English}).Draw(t, "language")
	text := rapid.SampledFrom([]string{"这个高要紧吗", "那个带箭头的是什么意思，我好担心", "上次的和这次比怎么样", "抽血前要空腹吗", "怀孕了有影响吗", "帮我看看报告"}).Draw(t, "question")
	if language == bot.English {
		text = rapid.SampledFrom([]string{"is it high, should I be worried?", "what does the flagged one mean?", "how did it change since last time?", "do I need to fast before the test?", "does pregnancy matter?", "please explain my report"}).Draw(t, "question")
	}
	p := &pending{
		Turn: &bot.Turn{Conversation: bot.Conversation{Institution: "hospital", Language: language}, Messages: []bot.TurnMessage{{Kind: "text", Text: bot.T(text), At: now}}},
		now:  now, institution: bot.Institution{ID: "hospital", TimeZone: "Asia/Shanghai"},
	}
	p.question = w.words.hear(p.Messages, language)
	p.evidence.Now = now
	person := bot.PatientContext{
		Relation: rapid.SampledFrom([]bot.Relation{bot.RelationSelf, bot.RelationChild, bot.RelationParent, bot.RelationSpouse, bot.RelationOther}).Draw(t, "relation"),
		Sex:      rapid.SampledFrom([]bot.Sex{bot.SexFemale, bot.SexMale, bot.SexUnknown}).Draw(t, "sex"),
		Age:      rapid.IntRange(-1, 95).Draw(t, "age"), Pregnant: rapid.IntRange(0, 9).Draw(t, "pregnant") == 0,
	}
	p.evidence.Patient = &person
	judged := (person.Age < 0 || person.Age >= 18) && !person.Pregnant
	used := map[bot.AnalyteID]bool{}
	for range rapid.IntRange(1, 7).Draw(t, "facts") {
		a := rapid.SampledFrom(w.analytes).Draw(t, "analyte")
		if !used[a.ID] {
			used[a.ID] = true
			p.evidence.Facts = append(p.evidence.Facts, drawFact(t, a, language, judged))
			p.evidence.Passages = append(p.evidence.Passages, w.passages[language][a.ID]...)
		}
	}
	number(p.evidence.Facts)
	p.evidence.Passages = slices.Clone(p.evidence.Passages)
	for i := range p.evidence.Passages {
		p.evidence.Passages[i].ID = fmt.Sprintf("K%d", i+1)
	}
	return p
}

func drawFact(t *rapid.T, a labs.Analyte, language bot.Language, judged bool) bot.Fact {
	f := bot.Fact{Kind: bot.FactResult, Result: 1, Analyte: a.ID, Specimen: a.Specimen, Name: a.Names[language], Status: bot.StatusFinal, Judged: judged, Direction: bot.DirectionUnknown}
	for _, names := range a.Aliases {
		f.Names = append(f.Names, names...)
	}
	f.Names = append(f.Names, f.Name)
	unit := a.Units[0]
	f.Code = unit.LOINC
	low := rapid.IntRange(1, 400).Draw(t, "low")
	high := low + rapid.IntRange(1, 400).Draw(t, "width")
	tenths := rapid.Bool().Draw(t, "tenths")
	print := func(n int) string {
		if tenths {
			return fmt.Sprintf("%d.%d", n/10, n%10)
		}
		return fmt.Sprint(n)
	}
	value := func(label string) bot.Value {
		digits := print(rapid.IntRange(1, 1500).Draw(t, label))
		return bot.Value{Printed: digits, Number: bot.MustDecimal(digits), Unit: unit.UCUM, UCUM: unit.UCUM}
	}
	f.Value = value("value")
	f.At = now.AddDate(0, 0, -rapid.IntRange(0, 700).Draw(t, "days"))
	f.Date = bot.DateOf(f.At, time.UTC)
	if rapid.IntRange(0, 4).Draw(t, "interval") > 0 {
		f.Interval = labs.ParseInterval(print(low) + "-" + print(high))
		f.Direction = labs.Direction(f.Value, f.Interval)
		if rapid.IntRange(0, 4).Draw(t, "general") == 0 {
			f.IntervalSource = "WS/T 404.1-2012 临床常用生化检验项目参考区间"
		}
	}
	if rapid.IntRange(0, 5).Draw(t, "stated") == 0 {
		f.Kind, f.Result, f.Date = bot.FactStated, 0, ""
		return f
	}
	f.Flag = map[bot.Direction]string{bot.DirectionHigh: "↑", bot.DirectionLow: "↓"}[f.Direction]
	for i := range rapid.IntRange(0, 4).Draw(t, "previous") {
		at := f.At.AddDate(0, -1-i, 0)
		point := bot.Point{Value: value("earlier"), Interval: f.Interval, Direction: bot.DirectionUnknown, At: at, Date: bot.DateOf(at, time.UTC), Same: rapid.Bool().Draw(t, "same")}
		if point.Same {
			point.Move = rapid.SampledFrom([]bot.Move{bot.MoveUnknown, bot.MoveWithin, bot.MoveBeyond}).Draw(t, "move")
		} else {
			point.Changed = rapid.SampledFrom([][]bot.Ground{{bot.GroundLaboratory}, {bot.GroundMethod, bot.GroundUnit}, {bot.GroundUnsaid}, nil}).Draw(t, "changed")
		}
		if f.Interval.Usable() {
			point.Direction = labs.Direction(point.Value, f.Interval)
		}
		f.Previous = append(f.Previous, point)
	}
	return f
}
