package evals

import (
	"io"
	"slices"
	"strings"
	"unicode"

	"careline/bot"
	"careline/bot/guard"
)

// TriageOutcome is what became of one case.
type TriageOutcome struct {
	ID    string
	Turns []TriageTurnOutcome
	multi bool
}

// TriageTurnOutcome is the level that stands after a turn, with the rule and the
// words of this turn that fired; rule "standing" keeps an earlier turn's level.
type TriageTurnOutcome struct {
	Expect bot.Level
	Level  bot.Level
	Rule   string
	Span   string
	Hit    bool
}

// over reports a level above the expected one that is not accepted.
func (t TriageTurnOutcome) over() bool { return !t.Hit && t.Level > t.Expect }

// Triage runs a suite, line by line, and hands each outcome on. An error names
// the line and is KindInvalid where the file is at fault.
func (b *Bench) Triage(name string, r io.Reader, each func(TriageOutcome)) error {
	return eachLine(name, r, func(c TriageCase) error {
		each(b.TriageOne(c))
		return nil
	})
}

// TriageOne takes a case's messages in one after another; what stands is the
// highest level so far.
func (b *Bench) TriageOne(c TriageCase) TriageOutcome {
	outcome := TriageOutcome{ID: c.ID, multi: !c.single}
	standing := bot.LevelNone
	var earlier []bot.TurnMessage
	for _, turn := range c.Turns {
		message := bot.TurnMessage{Kind: "text", Text: turn.Text, At: b.now}
		in := b.triageInput(c, message, earlier, standing)
		trigger := b.guard.Triage(in)
		o := TriageTurnOutcome{Expect: turn.Expect, Level: max(standing, trigger.Level), Rule: trigger.Rule, Span: b.fired(trigger, turn.Text.Plain(), in.Facts)}
		if trigger.Level < standing {
			o.Rule, o.Span = "standing", ""
		}
		o.Hit = turn.hit(o.Level)
		outcome.Turns = append(outcome.Turns, o)
		standing, earlier = o.Level, append(earlier, message)
	}
	return outcome
}

// triageInput is what the inbox gives to triage for a message: the values it
// states meet the critical proposals.
func (b *Bench) triageInput(c TriageCase, m bot.TurnMessage, earlier []bot.TurnMessage, standing bot.Level) guard.TriageInput {
	facts := b.catalogue.Stated(m.Text)
	for i := range facts {
		facts[i].At = m.At
		facts[i].Critical = guard.Meets(facts[i], b.critical, m.At)
	}
	language := c.Language
	if language == "" {
		language = languageOf(m.Text.Plain())
	}
	_ = earlier
	return guard.TriageInput{Messages: []bot.TurnMessage{m}, Standing: standing, Facts: facts, Now: m.At, Language: language}
}

// fired are the words behind a trigger; for a critical value the item's name and
// what follows up to the number.
func (b *Bench) fired(t bot.Trigger, text string, facts []bot.Fact) string {
	if t.End > t.Start && t.End <= len(text) {
		return text[t.Start:t.End]
	}
	if t.Rule != "critical" {
		return ""
	}
	for _, m := range b.catalogue.Mentions(text) {
		if !slices.Contains(m.Analytes, bot.AnalyteID(t.Term)) {
			continue
		}
		for _, f := range facts {
			if at := strings.Index(text[m.End:], f.Value.Printed); f.Critical != nil && at >= 0 {
				return text[m.Start : m.End+at+len(f.Value.Printed)]
			}
		}
		return text[m.Start:m.End]
	}
	return ""
}

// languageOf is Chinese as soon as a Han character stands in a text or no letter
// at all, else English.
func languageOf(text string) bot.Language {
	if strings.IndexFunc(text, unicode.IsLetter) >= 0 && strings.IndexFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) < 0 {
		return bot.English
	}
	return bot.Chinese
}
