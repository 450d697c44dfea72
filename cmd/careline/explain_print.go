package main

import (
	"fmt"
	"io"

	"careline/bot"
)

// printer writes lines and keeps the first error.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if _, err := fmt.Fprintf(p.out, format+"\n", args...); p.err == nil {
		p.err = err
	}
}

func (p *printer) facts(facts []bot.Fact) {
	if len(facts) > 0 {
		p.line("Facts:")
	}
	for _, f := range facts {
		p.line("  %s %s (%s %d): %s %s, interval %s, %s, %s", f.ID, f.Analyte, f.Kind, f.Result, f.Value.Shown(), f.Value.Unit, orDash(f.Interval.Printed), f.Direction, orDash(string(f.Date)))
	}
}

func (p *printer) passages(passages []bot.Passage) {
	if len(passages) > 0 {
		p.line("Passages:")
	}
	for _, k := range passages {
		p.line("  %s %s, version %d, %s: %s", k.ID, k.Document, k.Version, k.Section, orDash(sources(k)))
	}
}

func (p *printer) violations(all []bot.Violation) {
	for _, v := range all {
		p.line("  %s %d-%d %s", v.Check, v.Start, v.End, v.Why)
	}
}

// explainedJSON is what `explain --json` prints. Drafts are whole: they are the
// record, and reading it is audited.
type explainedJSON struct {
	Message      int64           `json:"message"`
	Conversation int64           `json:"conversation"`
	Author       string          `json:"author"`
	Delivery     string          `json:"delivery"`
	Text         string          `json:"text"`
	SHA256       string          `json:"sha256"`
	ReleasedAs   string          `json:"released_as"` // "" when the stored text may not leave
	Unchanged    bool            `json:"unchanged"`
	Level        string          `json:"level"`
	Tier         string          `json:"tier"`
	Rule         string          `json:"rule"`
	Verdict      string          `json:"verdict"`
	Model        string          `json:"model"`
	Prompt       string          `json:"prompt"`
	Calls        int             `json:"calls"`
	Tokens       int             `json:"tokens"`
	TokensToday  int             `json:"tokens_today"`
	Facts        []explainedFact `json:"facts"`
	Passages     []passageOf     `json:"passages"`
	Drafts       []draftJSON     `json:"drafts"`
	Review       string          `json:"review"`
	Violations   []violationJSON `json:"violations"`
}

type explainedFact struct {
	factJSON
	Result int64 `json:"result"` // 0 for what the patient stated
}

type passageOf struct {
	passageJSON
	Document string `json:"document"`
}

type draftJSON struct {
	Writer     string          `json:"writer"`
	Text       string          `json:"text"`
	Violations []violationJSON `json:"violations"`
}

type violationJSON struct {
	Check string `json:"check"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Why   string `json:"why"`
}

func (e explained) json() explainedJSON {
	d := e.Decision
	answer := asJSON(d, 0)
	out := explainedJSON{
		Message: int64(e.Message), Conversation: int64(e.Conversation), Author: string(e.Author), Delivery: string(e.Delivery), Text: e.Text.Plain(),
		SHA256: fmt.Sprintf("%x", e.Hash), ReleasedAs: string(e.ReleasedAs), Unchanged: e.unchanged(),
		Level: d.Level.String(), Tier: d.Tier.String(), Rule: ruleOf(d), Verdict: string(d.Verdict), Model: d.Model, Prompt: d.Prompt,
		Calls: d.Usage.Calls, Tokens: d.Usage.Tokens(), TokensToday: e.spent.Tokens(), Review: string(e.again.came), Violations: violationsJSON(e.again.violations),
		Facts: []explainedFact{}, Passages: []passageOf{}, Drafts: []draftJSON{},
	}
	for i, f := range answer.Facts {
		out.Facts = append(out.Facts, explainedFact{f, int64(d.Evidence.Facts[i].Result)})
	}
	for i, p := range answer.Passages {
		out.Passages = append(out.Passages, passageOf{p, d.Evidence.Passages[i].Document})
	}
	for _, a := range d.Attempts {
		out.Drafts = append(out.Drafts, draftJSON{string(a.Writer), a.Draft.Plain(), violationsJSON(a.Violations)})
	}
	return out
}

func violationsJSON(all []bot.Violation) []violationJSON {
	out := []violationJSON{}
	for _, v := range all {
		out = append(out, violationJSON{v.Check, v.Start, v.End, v.Why})
	}
	return out
}
