package turn

import (
	"careline/bot"
	"careline/prompts"
)

// prompt is what the model reads: the evidence of this turn, the action code
// computed, and nothing that says who the patient is.
func (e *Engine) prompt(p *pending) (prompts.Prompt, error) {
	frame, err := e.frame(p)
	if err != nil {
		return prompts.Prompt{}, err
	}
	explain := prompts.Explain{
		Language: p.question.language, Evidence: p.evidence, Tier: p.tier, Action: frame.action, Level: p.trigger.Level,
		Recent: p.Recent, Limit: partBytes, Held: p.held,
	}
	for _, slot := range e.Guard.Slots(p.evidence, p.question.language) {
		explain.Slots = append(explain.Slots, prompts.Slot(slot))
	}
	for _, m := range p.Messages {
		explain.Question = append(explain.Question, m.Text)
	}
	for _, id := range p.asked() {
		if a, ok := e.Catalogue.Analyte(id); ok && !p.has(id) {
			explain.Missing = append(explain.Missing, a.Names[p.question.language])
		}
	}
	return explain.Render()
}

func (p *pending) has(id bot.AnalyteID) bool {
	for _, f := range p.evidence.Facts {
		if f.Analyte == id {
			return true
		}
	}
	return false
}
