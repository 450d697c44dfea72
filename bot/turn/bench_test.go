package turn

import (
	"slices"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/guard"
)

// BenchmarkBeyondModelAndSQL is all a turn does between the answers of the database
// and of the model: hearing the question, triage, tiers, the prompt, the review of
// a draft with its marks and without them.
func BenchmarkBeyondModelAndSQL(b *testing.B) {
	w := newWorld(b)
	value := func(printed string) bot.Value {
		return bot.Value{Printed: printed, Number: bot.MustDecimal(printed), Unit: "U/L", UCUM: "U/L"}
	}
	interval := bot.Interval{Printed: "7-40", Low: bot.MustDecimal("7"), High: bot.MustDecimal("40")}
	fact := bot.Fact{
		Kind: bot.FactResult, Result: 1, Analyte: "ALT", Name: "谷丙转氨酶（ALT）", Names: []string{"谷丙转氨酶", "ALT", "转氨酶"}, Specimen: bot.SpecimenBlood,
		Value: value("87"), Interval: interval, Flag: "↑", Direction: bot.DirectionHigh, Judged: true, Status: bot.StatusFinal, Date: "2026-11-02", At: now.AddDate(0, 0, -23),
		Previous: []bot.Point{{Value: value("55"), Interval: interval, Direction: bot.DirectionHigh, Date: "2026-05-12", At: now.AddDate(0, -6, 0), Same: true}},
	}
	passages := slices.Clone(w.passages[bot.Chinese]["ALT"])
	for i := range passages {
		passages[i].ID = "K" + string(rune('1'+i))
	}
	draft := "{{F1.date}}的报告里，{{F1.name}}是 {{F1.value}}，{{F1.direction}}，参考范围是 {{F1.range}}；{{F1.previous_date}}是 {{F1.previous}}，这次{{F1.change}}。" + passages[0].Text + "[K1]正在吃的药别自己停。"
	var took []time.Duration
	for b.Loop() {
		started := time.Now()
		turn := &bot.Turn{Conversation: bot.Conversation{Institution: "hospital", Language: bot.Chinese}, Messages: []bot.TurnMessage{{Kind: "text", Text: bot.T("转氨酶这么高要紧吗"), At: now}}}
		p := &pending{Turn: turn, now: now, question: w.hear(turn)}
		p.evidence = bot.Evidence{Now: now, Facts: []bot.Fact{fact}, Passages: passages, Patient: &bot.PatientContext{Relation: bot.RelationSelf, Age: 46}}
		number(p.evidence.Facts)
		p.found.Facts = p.evidence.Facts
		p.trigger = w.Guard.Triage(guard.TriageInput{Messages: turn.Messages, Facts: p.evidence.Facts, Now: now, Language: bot.Chinese})
		p.tier = w.Guard.Tier(p.evidence.Facts, p.evidence.Patient).Tier
		if _, err := w.prompt(p); err != nil {
			b.Fatal(err)
		}
		if _, violations, err := w.judge(p, draft); err != nil || len(violations) > 0 {
			b.Fatal(violations, err)
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
