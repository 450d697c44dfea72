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
	first, err := e.first(p)
	if first != "" {
		text = bot.T(first + "\n" + text.Plain())
	}
	d.Parts = []bot.Text{text}
	return d, err
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

// reviewed is an answer that passed review, or is about to.
type reviewed struct {
	text, full string
	cited      []string
	verdict    bot.Verdict
}

// explain answers from evidence: with the model's draft where there is a model and
// its draft passes review, else with what code composes. A composed text that
// fails too is withheld, and a person is asked.
func (e *Engine) explain(ctx context.Context, p *pending) (bot.Decision, error) {
	if err := e.passages(ctx, p); err != nil {
		return bot.Decision{}, err
	}
	p.tier = e.Guard.Tier(p.evidence.Facts, p.evidence.Patient).Tier
	answer, ok, err := e.drafted(ctx, p)
	if err != nil {
		return bot.Decision{}, err
	}
	if !ok {
		var violations []bot.Violation
		if answer, violations, err = e.composed(p); err != nil {
			return bot.Decision{}, err
		}
		if len(violations) > 0 {
			return e.withheld(p, violations)
		}
	}
	d := p.decision(bot.AnswerExplain, bot.AuthorAssistant)
	d.Tier, d.Verdict, d.Composed, d.Cited = p.tier, answer.verdict, answer.verdict == bot.VerdictComposed, answer.cited
	d.Parts, d.Full = []bot.Text{bot.T(answer.text)}, bot.T(answer.full)
	d.Reviewed = asReviewed(e.asDraft(p, answer.text, answer.cited))
	for _, text := range []bot.Text{d.Parts[0], d.Full} {
		if !text.Empty() {
			d.Released = append(d.Released, bot.HashOf(text))
		}
	}
	return d, nil
}

// composed writes the answer by code and has it reviewed like any other.
func (e *Engine) composed(p *pending) (reviewed, []bot.Violation, error) {
	m, err := e.material(p)
	if err != nil {
		return reviewed{}, nil, err
	}
	answer, err := compose(e.phrases[p.question.language], m)
	if err != nil {
		return reviewed{}, nil, err
	}
	violations := e.review(p, answer)
	p.attempts = append(p.attempts, bot.Attempt{Writer: bot.WriterComposer, Draft: bot.T(answer.text), Violations: violations})
	return reviewed{text: answer.text, full: answer.full, cited: answer.cited, verdict: bot.VerdictComposed}, violations, nil
}

// withheld says that a person will look, opens the case, and keeps the reason.
func (e *Engine) withheld(p *pending, violations []bot.Violation) (bot.Decision, error) {
	p.trigger = bot.Trigger{Level: bot.LevelReview, Rule: "withheld", Term: violations[0].Check}
	d, err := e.notice(p, "withheld", guard.NoticeSlots{OnShift: p.onShift})
	d.Checks = violations
	return d, err
}

func (e *Engine) review(p *pending, answer composed) []bot.Violation {
	violations := e.Guard.Review(e.asDraft(p, answer.text, answer.cited), p.evidence)
	if len(violations) == 0 && answer.full != "" {
		violations = e.Guard.Review(e.asDraft(p, answer.full, answer.cited), p.evidence)
	}
	return violations
}

// asDraft is a text as the guard reviews it in this turn.
func (e *Engine) asDraft(p *pending, text string, cited []string) guard.Draft {
	d := guard.Draft{
		Text: text, Title: p.found.Title, Language: p.question.language, Cited: cited,
		Level: p.trigger.Level, Tier: p.tier, Question: p.Messages, CaseCommitted: p.trigger.Level > bot.LevelNone,
		Instructions: e.instructions[p.question.language],
	}
	for _, name := range p.Names {
		d.Names = append(d.Names, name.Plain())
	}
	return d
}

// asReviewed is what the record keeps of a review.
func asReviewed(d guard.Draft) bot.ReviewedAs {
	return bot.ReviewedAs{Title: d.Title, Level: d.Level, Tier: d.Tier, CaseCommitted: d.CaseCommitted, MaxBytes: d.Channel.MaxBytes, Marks: d.Channel.Marks}
}

func (e *Engine) material(p *pending) (material, error) {
	first, err := e.first(p)
	m := material{
		evidence: p.evidence, question: p.question, whole: p.found.How == "flagged" || p.found.How == "latest", title: p.found.Title,
		review: p.trigger.Level == bot.LevelReview && p.trigger.Rule != ruleImage, held: p.held, first: first, agree: !p.consented && len(p.Bindings) > 0,
		tierOf: func(f bot.Fact) bot.Tier { return e.Guard.TierOf(f, p.evidence.Facts, p.evidence.Patient).Tier },
	}
	m.evidence.Facts = slices.DeleteFunc(slices.Clone(m.evidence.Facts), func(f bot.Fact) bool { return repeats(f, p.evidence.Facts) })
	for _, message := range p.Recent {
		if message.Author == bot.AuthorAssistant {
			m.recent = append(m.recent, message.Text.Plain())
		}
	}
	if p.evidence.Patient == nil || len(p.evidence.Facts) > 0 {
		return m, err
	}
	for _, id := range p.asked()[:min(len(p.asked()), shown)] {
		if a, ok := e.Catalogue.Analyte(id); ok {
			m.missing = append(m.missing, a.Names[p.question.language])
		}
	}
	return m, err
}

// repeats reports whether a stated value says what a result says already: "餐后血糖
// 12.3高吗" is one value, not two.
func repeats(stated bot.Fact, facts []bot.Fact) bool {
	return stated.Kind == bot.FactStated && !stated.Interval.Usable() && stated.Critical == nil && slices.ContainsFunc(facts, func(f bot.Fact) bool {
		same := stated.Value.UCUM == "" || stated.Value.UCUM == f.Value.UCUM
		return f.Kind == bot.FactResult && f.Analyte == stated.Analyte && same && f.Value.Number.Valid() && f.Value.Comparator == stated.Value.Comparator && f.Value.Number.Cmp(stated.Value.Number) == 0
	})
}
