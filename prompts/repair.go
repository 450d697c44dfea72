package prompts

import (
	"fmt"

	"careline/bot"
)

// Repair asks for an answer again, with what was wrong with the first one.
type Repair struct {
	Language   bot.Language
	Explain    Prompt          // the prompt the draft answered
	Draft      string          // the text in which the violations' spans lie
	Violations []bot.Violation // at least one
}

const (
	longestDraft   = 6000 // characters
	longestSpan    = 80
	mostViolations = 20
)

type repairView struct{ Violations []violationView }

type violationView struct{ Check, Span, Why string }

// Render is the first prompt followed by the draft and its violations.
func (r Repair) Render() (Prompt, error) {
	t, err := find("repair", r.Language)
	if err != nil {
		return Prompt{}, err
	}
	if r.Explain.System == "" || r.Explain.User == "" || r.Draft == "" || len(r.Violations) == 0 {
		return Prompt{}, fmt.Errorf("prompts: a repair needs the first prompt, its draft and a violation")
	}
	var view repairView
	for _, v := range r.Violations[:min(len(r.Violations), mostViolations)] {
		if v.Start < 0 || v.End > len(r.Draft) || v.Start > v.End {
			return Prompt{}, fmt.Errorf("prompts: the span of %s is not in the draft", v.Check)
		}
		view.Violations = append(view.Violations, violationView{Check: v.Check, Span: data(r.Draft[v.Start:v.End], longestSpan), Why: data(v.Why, longestPrinted)})
	}
	p := r.Explain
	p.ID, p.Version, p.Draft = t.id, t.version, cut(visible(r.Draft), longestDraft)
	p.Repair, err = t.render("repair", view)
	return p, err
}
