package turn

import (
	"context"
	"fmt"
	"slices"
	"time"

	"careline/bot"
	"careline/bot/guard"
)

// repeatAfter is how long a standing emergency's text is not said again.
const repeatAfter = 10 * time.Minute

// safety answers at emergency or crisis: only a reviewed text may leave.
func (e *Engine) safety(p *pending) (bot.Decision, error) {
	d := p.decision(bot.AnswerSafety, bot.AuthorSystem)
	id := "standing"
	switch fresh := p.trigger.Level.Urgent() && !p.saidLately(); {
	case p.trigger.Level == bot.LevelCrisis && fresh:
		id = "crisis"
	case p.trigger.Rule == "critical" && fresh:
		id = "critical"
	case p.trigger.Level == bot.LevelEmergency && fresh:
		id = "emergency"
	case guard.StandingReply(p.trigger.Rule):
		id = p.trigger.Rule
	case p.Conversation.Level == bot.LevelCrisis || p.trigger.Level == bot.LevelCrisis:
		id = "standing-crisis"
	}
	slots := guard.SafetySlots{OnShift: p.onShift, CaseCommitted: true, Family: p.trigger.Term}
	if p.evidence.Patient != nil {
		slots.Relation, slots.Sex = p.evidence.Patient.Relation, p.evidence.Patient.Sex
	}
	for _, f := range p.evidence.Facts {
		if f.Critical != nil {
			slots.Facts = append(slots.Facts, f)
		}
	}
	text, err := e.Guard.Safety(id, p.question.language, slots)
	if err != nil {
		return d, fmt.Errorf("turn: safety text %q: %w", id, err)
	}
	d.Tier, d.Parts = bot.TierNow, []bot.Text{text}
	return d, nil
}

// saidLately reports whether this conversation's standing danger was already
// answered with its text; a new danger has raised the level since.
func (p *pending) saidLately() bool {
	if p.Conversation.Level < p.trigger.Level {
		return false
	}
	for _, m := range p.Recent {
		if m.Author == bot.AuthorSystem && p.now.Sub(m.At) < repeatAfter {
			return true
		}
	}
	return false
}

// human opens a case for a person and says what happens next.
func (e *Engine) human(p *pending) (bot.Decision, error) {
	id := "human-requested"
	if !p.onShift {
		id = "human-requested-offline"
	}
	return e.notice(p, id, guard.NoticeSlots{OnShift: p.onShift})
}

func (e *Engine) notice(p *pending, id string, slots guard.NoticeSlots) (bot.Decision, error) {
	d := p.decision(bot.AnswerNotice, bot.AuthorSystem)
	text, err := e.Guard.Notice(id, p.question.language, slots)
	if err != nil {
		return d, fmt.Errorf("turn: notice %q: %w", id, err)
	}
	d.Parts = []bot.Text{text}
	return d, nil
}

// courtesy answers a greeting or thanks.
func (e *Engine) courtesy(p *pending) (bot.Decision, error) {
	name := "greeting"
	if p.question.thanks {
		name = "thanks"
	}
	v := voice{phrases: e.phrases[p.question.language]}
	text := v.say(name, nil)
	d := p.decision(bot.AnswerNotice, bot.AuthorSystem)
	d.Parts = []bot.Text{bot.T(text)}
	return d, v.err
}

// explain composes an answer from evidence. A text that fails the guard's review
// is replaced by one that states less; when that fails too, a person is asked.
func (e *Engine) explain(ctx context.Context, p *pending) (bot.Decision, error) {
	if err := e.passages(ctx, p); err != nil {
		return bot.Decision{}, err
	}
	tiering := e.Guard.Tier(p.evidence.Facts, p.evidence.Patient)
	m := e.material(p)
	answer, err := compose(e.phrases[p.question.language], m)
	if err != nil {
		return bot.Decision{}, err
	}
	violations := e.review(p, answer, tiering.Tier)
	if len(violations) > 0 {
		return e.withheld(p, violations)
	}
	d := p.decision(bot.AnswerExplain, bot.AuthorAssistant)
	d.Tier, d.Verdict, d.Composed, d.Cited = tiering.Tier, bot.VerdictComposed, true, answer.cited
	d.Parts, d.Full = []bot.Text{bot.T(answer.text)}, bot.T(answer.full)
	d.Reviewed = bot.ReviewedAs{Title: p.found.Title, Level: p.trigger.Level, Tier: tiering.Tier, CaseCommitted: p.trigger.Level > bot.LevelNone}
	for _, text := range append(d.Parts, d.Full) {
		if !text.Empty() {
			d.Released = append(d.Released, bot.HashOf(text))
		}
	}
	return d, nil
}

// withheld says that a person will look, opens the case, and keeps the reason.
func (e *Engine) withheld(p *pending, violations []bot.Violation) (bot.Decision, error) {
	p.trigger = bot.Trigger{Level: bot.LevelReview, Rule: "withheld", Term: violations[0].Check}
	d, err := e.notice(p, "withheld", guard.NoticeSlots{OnShift: p.onShift})
	d.Checks = violations
	return d, err
}

func (e *Engine) review(p *pending, answer composed, tier bot.Tier) []bot.Violation {
	draft := guard.Draft{
		Text: answer.text, Title: p.found.Title, Language: p.question.language, Cited: answer.cited,
		Level: p.trigger.Level, Tier: tier, Question: p.Messages, CaseCommitted: p.trigger.Level > bot.LevelNone,
	}
	violations := e.Guard.Review(draft, p.evidence)
	if len(violations) == 0 && answer.full != "" {
		draft.Text = answer.full
		violations = e.Guard.Review(draft, p.evidence)
	}
	return violations
}

func (e *Engine) material(p *pending) material {
	m := material{
		evidence: p.evidence, question: p.question, whole: p.found.How == "flagged" || p.found.How == "latest", title: p.found.Title,
		review: p.trigger.Level == bot.LevelReview, held: p.held,
		tierOf: func(f bot.Fact) bot.Tier { return e.Guard.TierOf(f, p.evidence.Facts, p.evidence.Patient).Tier },
	}
	m.evidence.Facts = slices.DeleteFunc(slices.Clone(m.evidence.Facts), func(f bot.Fact) bool { return repeats(f, p.evidence.Facts) })
	for _, message := range p.Recent {
		if message.Author == bot.AuthorAssistant {
			m.recent = append(m.recent, message.Text.Plain())
		}
	}
	if p.evidence.Patient == nil || len(p.evidence.Facts) > 0 {
		return m
	}
	for _, id := range p.asked()[:min(len(p.asked()), shown)] {
		if a, ok := e.Catalogue.Analyte(id); ok {
			m.missing = append(m.missing, a.Names[p.question.language])
		}
	}
	return m
}

// repeats reports whether a stated value says what a result says already: "餐后血糖
// 12.3高吗" is one value, not two.
func repeats(stated bot.Fact, facts []bot.Fact) bool {
	return stated.Kind == bot.FactStated && !stated.Interval.Usable() && stated.Critical == nil && slices.ContainsFunc(facts, func(f bot.Fact) bool {
		same := stated.Value.UCUM == "" || stated.Value.UCUM == f.Value.UCUM
		return f.Kind == bot.FactResult && f.Analyte == stated.Analyte && same && f.Value.Number.Valid() && f.Value.Comparator == stated.Value.Comparator && f.Value.Number.Cmp(stated.Value.Number) == 0
	})
}
