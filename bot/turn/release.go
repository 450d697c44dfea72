package turn

import (
	"slices"

	"careline/bot"
	"careline/bot/guard"
)

// hold takes the results out of the evidence that the assistant may not tell. A
// proxy hears the same whether or not such a result exists.
func (e *Engine) hold(p *pending, relation bot.Relation) {
	held := func(f bot.Fact) bool { return e.Catalogue.Release(f.Analyte, f.Name).HeldFrom(relation) }
	before := len(p.found.Facts)
	p.found.Facts = slices.DeleteFunc(p.found.Facts, held)
	p.held = len(p.found.Facts) < before
	if relation != bot.RelationSelf {
		p.held = p.held || slices.ContainsFunc(p.found.Asked, func(id bot.AnalyteID) bool { return e.Catalogue.Release(id, "").HeldFrom(relation) })
	}
	p.proxy = relation != bot.RelationSelf
}

// toldByAPerson says that a clinician explains such a result to the patient, and
// has one look at it.
func (e *Engine) toldByAPerson(p *pending) (bot.Decision, error) {
	if p.proxy {
		return e.notice(p, "held-proxy", guard.NoticeSlots{OnShift: p.onShift})
	}
	p.trigger = bot.Trigger{Level: max(p.trigger.Level, bot.LevelReview), Rule: "release"}
	return e.notice(p, "held", guard.NoticeSlots{OnShift: p.onShift})
}
