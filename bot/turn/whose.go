package turn

import (
	"careline/bot"
)

// whose decides which patient the turn is about. A relation named in the message
// wins when exactly one bound patient fits, and asks when none does: an answer
// about "my mother" never uses the writer's own results. Without one it is the
// only binding, or the patient chosen earlier in this conversation. When nothing
// says whom, ask is true: nothing is answered before the person says.
func (w words) whose(t *bot.Turn, q question) (b bot.Binding, bound, ask bool) {
	if t.Conversation.Channel == operatorChannel {
		return bot.Binding{Patient: t.Conversation.Patient, Relation: bot.RelationSelf}, t.Conversation.Patient != 0, false
	}
	if len(t.Bindings) == 0 {
		return bot.Binding{}, false, false
	}
	for _, b := range t.Bindings {
		if b.Patient == t.Chosen {
			return b, true, false
		}
	}
	if fit, named := w.named(t.Bindings, q.folded); named {
		if len(fit) != 1 {
			return bot.Binding{}, true, true
		}
		return fit[0], true, false
	}
	if len(t.Bindings) == 1 {
		return t.Bindings[0], true, false
	}
	for _, b := range t.Bindings {
		if b.Patient == t.Conversation.Patient {
			return b, true, false
		}
	}
	return bot.Binding{}, true, true
}

// named are the bindings that fit the relation the text names, if it names one;
// the relations are tried in the file's order, self last, so that "my mother" is
// not "my".
func (w words) named(bindings []bot.Binding, folded string) (fit []bot.Binding, named bool) {
	for _, r := range w.Relations {
		if !r.Words.in(folded) {
			continue
		}
		for _, b := range bindings {
			if b.Relation == r.Relation && (r.Sex == "" || b.Sex == "" || b.Sex == bot.SexUnknown || b.Sex == r.Sex) {
				fit = append(fit, b)
			}
		}
		return fit, true
	}
	return nil, false
}

// operatorChannel is the terminal: `ask` and `chat` name the patient themselves.
const operatorChannel = "cli"
