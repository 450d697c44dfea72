package turn

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/llm"
	"careline/prompts"
)

// draftTokens is what a model may write at most: well above one message.
const draftTokens = 1200

// mayAskModel reports whether this turn's evidence may be sent to the model: none
// before consent, and one that stands outside the institution needs the patient's
// own consent.
func (e *Engine) mayAskModel(p *pending) bool {
	return e.Model != nil && p.consented && (!e.ModelOutside || p.ModelAgreed)
}

// drafted is the model's answer, when its draft or the one repair of it passes
// review. Whatever else happens, the composer writes the answer.
func (e *Engine) drafted(ctx context.Context, p *pending) (answer reviewed, ok bool, err error) {
	if !e.mayAskModel(p) {
		return answer, false, nil
	}
	prompt, err := e.prompt(p)
	if err != nil {
		return answer, false, fmt.Errorf("turn: prompt: %w", err)
	}
	ctx, cancel := e.Model.Within(ctx)
	defer cancel()
	next := prompt
	for _, writer := range []bot.Writer{bot.WriterModel, bot.WriterRepair} {
		draft, wrote := e.ask(ctx, p, writer, next)
		if !wrote {
			return answer, false, nil
		}
		answer, violations, err := e.judge(p, draft)
		if err != nil {
			return answer, false, err
		}
		p.attempts = append(p.attempts, bot.Attempt{Writer: writer, Draft: bot.T(answer.text), Violations: violations})
		if len(violations) == 0 {
			answer.verdict = verdicts[writer]
			return answer, true, nil
		}
		next, err = prompts.Repair{Language: p.question.language, Explain: prompt, Draft: answer.text, Violations: violations}.Render()
		if err != nil {
			return answer, false, fmt.Errorf("turn: repair prompt: %w", err)
		}
	}
	return answer, false, nil
}

var verdicts = map[bot.Writer]bot.Verdict{
	bot.WriterModel: bot.VerdictAccepted, bot.WriterRepair: bot.VerdictRepaired, bot.WriterComposer: bot.VerdictComposed,
}

// ask is one call of the model; why it failed is kept in the record.
func (e *Engine) ask(ctx context.Context, p *pending, writer bot.Writer, prompt prompts.Prompt) (draft string, wrote bool) {
	p.prompt = prompt.Name()
	request := llm.Request{Institution: p.Conversation.Institution, MaxTokens: draftTokens, Names: p.Names}
	for _, m := range prompt.Messages() {
		request.Messages = append(request.Messages, llm.Message(m))
	}
	reply, err := e.Model.Chat(ctx, request)
	p.usage = p.usage.Add(reply.Usage)
	if reply.Model != "" {
		p.model = reply.Model
	}
	if err != nil {
		p.attempts = append(p.attempts, bot.Attempt{Writer: writer, Failure: string(llm.OutcomeOf(err))})
		return "", false
	}
	return p.raised(strings.TrimSpace(reply.Text)), true
}

// levelLine is how a draft asks for a person (T11).
var levelLine = regexp.MustCompile(`(?i)^level: *(review|human|emergency|crisis)\s*(?:\n|$)`)

// raised takes the line out by which a model asks for a person, and has one look:
// a model may add a case, never take a level away.
func (p *pending) raised(draft string) string {
	m := levelLine.FindStringSubmatch(draft)
	if m == nil {
		return draft
	}
	if p.trigger.Level < bot.LevelReview {
		p.trigger = bot.Trigger{Level: bot.LevelReview, Rule: "T11", Term: strings.ToLower(m[1])}
	}
	return strings.TrimSpace(draft[len(m[0]):])
}

// judge brings a draft to the text that would leave: slots filled, marks taken
// out, code's own sentences around it. The draft is reviewed with its marks, the
// text without them. Violations lie in the text that comes back with them.
func (e *Engine) judge(p *pending, draft string) (answer reviewed, violations []bot.Violation, err error) {
	marked, cited := guard.Cite(draft, true)
	if len(cited) == 0 {
		// The model read all passages and said of none that it used it.
		for _, passage := range p.evidence.Passages {
			cited = append(cited, passage.ID)
		}
	}
	filled, violations := e.Guard.Fill(marked, p.evidence, p.question.language)
	if len(violations) > 0 {
		return reviewed{text: draft}, violations, nil
	}
	d := e.asDraft(p, filled, cited)
	d.Channel.Marks = true
	violations = e.Guard.Review(d, p.evidence)
	if len(p.found.Facts) > 0 && !e.Guard.Mentions(filled, p.found.Facts) {
		violations = append(violations, bot.Violation{Check: "V14", End: len(filled), Why: "the answer names none of the items it was asked about"})
	}
	if len(violations) > 0 {
		return reviewed{text: filled}, violations, nil
	}
	frame, err := e.frame(p)
	if err != nil {
		return reviewed{}, nil, err
	}
	unmarked, _ := guard.Cite(filled, false)
	answer = reviewed{text: frame.around(unmarked, p.tier), cited: cited}
	return answer, e.Guard.Review(e.asDraft(p, answer.text, cited), p.evidence), nil
}
