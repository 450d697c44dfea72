package turn

import (
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/guard"
)

// ruleImage is the rule of a case about a picture: only a person can read it.
const ruleImage = "image"

// unreadable are the kinds of message that hold nothing we can read, the one that
// matters most first. A voice message whose words are known is read.
var unreadable = []string{bot.MessageImage, bot.MessageVoice, bot.MessageVideo, bot.MessageLocation, bot.MessageLink, bot.MessageOther}

// unread is the kind of what came in a turn and cannot be read, "" if nothing.
func unread(messages []bot.TurnMessage) string {
	for _, kind := range unreadable {
		if slices.ContainsFunc(messages, func(m bot.TurnMessage) bool { return m.Kind == kind && (kind != bot.MessageVoice || blank(m)) }) {
			return kind
		}
	}
	return ""
}

func blank(m bot.TurnMessage) bool { return strings.TrimSpace(m.Text.Plain()) == "" }

// ownWords are the messages that hold the person's own words: the title of a link
// and the name of a place are somebody else's.
func ownWords(messages []bot.TurnMessage) []bot.TurnMessage {
	return slices.DeleteFunc(slices.Clone(messages), func(m bot.TurnMessage) bool {
		return blank(m) || m.Kind == bot.MessageLink || m.Kind == bot.MessageLocation
	})
}

// onlyUnread reports whether the turn asks nothing in words that can be answered.
func (p *pending) onlyUnread() bool {
	return p.unread != "" && (len(ownWords(p.Messages)) == 0 || p.question.greeting || p.question.thanks)
}

// lookAtPicture has a person look at the turn's picture.
func (p *pending) lookAtPicture() {
	if p.unread == bot.MessageImage && p.trigger.Level < bot.LevelReview {
		p.trigger = bot.Trigger{Level: bot.LevelReview, Rule: ruleImage}
	}
}

// cannotRead answers a turn of nothing we can read: what to do instead, and when to
// call 120.
func (e *Engine) cannotRead(p *pending) (bot.Decision, error) {
	return e.notice(p, p.unread, guard.NoticeSlots{OnShift: p.onShift})
}

// first is what comes before whatever else is said: the closed question, and that
// something came which is not read.
func (e *Engine) first(p *pending) (string, error) {
	closed, err := e.closedQuestion(p)
	if err != nil || p.unread == "" || p.onlyUnread() {
		return closed, err
	}
	phrase := "unread-other"
	if p.unread == bot.MessageImage || p.unread == bot.MessageVoice {
		phrase = "unread-" + p.unread
	}
	v := voice{phrases: e.phrases[p.question.language]}
	return strings.TrimSpace(closed + "\n" + v.say(phrase, p.onShift)), v.err
}

// echoes reports whether text only shows what was heard in one of the turn's voice
// messages: it stands between a question and its answer.
func (e *Engine) echoes(p *pending, text string) bool {
	return slices.ContainsFunc(p.Messages, func(m bot.TurnMessage) bool {
		if m.Kind != bot.MessageVoice || blank(m) {
			return false
		}
		for language := range e.phrases {
			if echo, err := e.Guard.Notice("heard", language, guard.NoticeSlots{Words: m.Text}); err == nil && echo.Plain() == text {
				return true
			}
		}
		return false
	})
}
