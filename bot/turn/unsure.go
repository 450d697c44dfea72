package turn

import (
	"strings"

	"careline/bot"
	"careline/bot/guard"
)

// ruleUnsure is triage's rule for words that may or may not mean danger now: one
// closed question goes out, and a person looks.
const ruleUnsure = "T10"

// unsure reports whether the turn needs the closed question.
func (p *pending) unsure() bool {
	return p.trigger.Level == bot.LevelReview && p.trigger.Rule == ruleUnsure
}

// closedQuestion is the question before whatever else is said, "" where none is
// needed.
func (e *Engine) closedQuestion(p *pending) (string, error) {
	if !p.unsure() {
		return "", nil
	}
	v := voice{phrases: e.phrases[p.question.language]}
	return v.say("closed-question", nil), v.err
}

// askedWhetherNow reports whether the last thing said to the person was a closed
// question about a danger now: a bare yes to it is an emergency.
func (e *Engine) askedWhetherNow(p *pending) bool {
	last := e.lastSaid(p)
	for _, phrases := range e.phrases {
		v := voice{phrases: phrases}
		if strings.Contains(last, v.say("closed-question", nil)) {
			return true
		}
	}
	return e.askedAboutPicture(p)
}

// askedAboutPicture reports whether the last thing said to the person was the notice
// about a picture, which holds a closed question of its own.
func (e *Engine) askedAboutPicture(p *pending) bool {
	last := e.lastSaid(p)
	for language := range e.phrases {
		for _, onShift := range []bool{true, false} {
			picture, err := e.Guard.Notice(bot.MessageImage, language, guard.NoticeSlots{OnShift: onShift})
			if err == nil && strings.Contains(last, picture.Plain()) {
				return true
			}
		}
	}
	return false
}

// lastSaid is the last text that was said to the person, "" if none.
func (e *Engine) lastSaid(p *pending) string {
	for i := len(p.Recent) - 1; i >= 0; i-- {
		m := p.Recent[i]
		if m.Author == bot.AuthorPatient || e.echoes(p, m.Text.Plain()) {
			continue
		}
		return m.Text.Plain()
	}
	return ""
}
