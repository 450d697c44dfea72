package turn

import (
	"strings"

	"careline/bot"
)

// frame is what code says around a model's draft: the closed question before it,
// the action its tier calls for, and what is left out or waits for a person.
type frame struct {
	first, action, last string
}

func (e *Engine) frame(p *pending) (frame, error) {
	m, err := e.material(p)
	if err != nil {
		return frame{}, err
	}
	c := &composition{voice: voice{phrases: e.phrases[p.question.language]}, material: m, now: p.now}
	f := frame{first: m.first, last: c.last()}
	if found := c.findings(); len(found) > 0 && found[0].out() {
		view := c.view(found[0])
		view.Tier = p.tier.String()
		phrase := "action"
		if len(found) > 1 {
			phrase = "overall"
		}
		f.action = c.say(phrase, view)
	}
	return f, c.err
}

// around puts a draft into the frame; an action the draft already states word for
// word is not said twice, and one that can wait is the draft's own to word.
func (f frame) around(draft string, tier bot.Tier) string {
	action := f.action
	if tier < bot.TierThisWeek || strings.Contains(draft, action) {
		action = ""
	}
	var all []string
	for _, text := range []string{f.first, draft, action, f.last} {
		if text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n")
}
