package turn

import (
	"slices"
	"strings"
	"time"

	"careline/bot"
)

// partBytes is what one message of an answer may hold; WeChat takes 2,048 bytes
// and the channel adds its label.
const partBytes = 1900

// material is what an answer is composed from: evidence, never the model.
type material struct {
	evidence bot.Evidence
	question question
	title    string // the report's title when the whole report is asked about
	whole    bool   // the question is about the report, not about single items
	missing  []string
	tierOf   func(bot.Fact) bot.Tier
	recent   []string // what the assistant said lately: sympathy never repeats
	review   bool     // part of the question waits for a person
	held     bool     // the report holds results that the assistant does not tell
	agree    bool     // a report is bound, and consent to read it is missing
	first    string   // what comes before everything: the closed question, "" if none
}

// composed is an answer written by code.
type composed struct {
	text  string // fits one message
	full  string // the whole, when longer than text
	cited []string
}

// composition is one answer being written.
type composition struct {
	voice
	material
	now        time.Time
	whose      string
	paragraphs []paragraph
	cited      []string
}

// paragraph is a piece of the answer; when it must shrink to fit one message,
// the highest drop goes first and 0 never goes.
type paragraph struct {
	text string
	drop int
}

// compose writes an answer from evidence alone. The reader is worried and on a
// phone: the question is answered first, then the value, what the item is, what
// moves it, what to do and ask, and when to go today.
func compose(p *phrases, m material) (composed, error) {
	c := &composition{voice: voice{phrases: p}, material: m, now: m.evidence.Now}
	c.whose = c.voice.whose(m.evidence.Patient)
	c.add(0, m.first)
	found := c.findings()
	switch {
	case len(found) == 0:
		c.knowledge()
	case len(found) == 1:
		c.one(found[0])
	case !c.whole && onlyFirstOut(found):
		// "转氨酶" is two items: when one of them is out of range it is the one meant.
		c.one(found[0])
		c.listBeyond(found[1:])
	default:
		c.several(found)
	}
	c.add(0, c.last())
	text, full := c.fit()
	return composed{text: text, full: full, cited: c.cited}, c.err
}

// last is what code says below every answer, whoever wrote it: what is left out,
// and what waits for a person.
func (c *composition) last() string {
	var all []string
	if c.held {
		all = append(all, c.say("held", nil))
	}
	if c.review {
		all = append(all, c.say("review-waits", nil))
	}
	return strings.Join(all, "\n")
}

// onlyFirstOut reports whether the first finding is out of range and all others
// are within: findings come with the most urgent first.
func onlyFirstOut(found []finding) bool {
	return found[0].out() && !slices.ContainsFunc(found[1:], func(f finding) bool { return !f.within() })
}

func (c *composition) add(drop int, text string) {
	if text = strings.TrimSpace(text); text != "" {
		c.paragraphs = append(c.paragraphs, paragraph{text: text, drop: drop})
	}
}

// use cites a passage and returns its text.
func (c *composition) use(p bot.Passage) string {
	if p.ID != "" && !slices.Contains(c.cited, p.ID) {
		c.cited = append(c.cited, p.ID)
	}
	return p.Text
}

// sympathy is at most one clause, only when worry shows, never one already said.
func (c *composition) sympathy() string {
	if !c.question.worry {
		return ""
	}
	clauses := []string{"sympathy-1", "sympathy-2", "sympathy-3", "sympathy-4"}
	if !slices.ContainsFunc(c.evidence.Facts, func(f bot.Fact) bool { return f.Flag != "" }) {
		// Where nothing is flagged no clause speaks of a mark.
		clauses = []string{"sympathy-2", "sympathy-4"}
	}
	for _, name := range clauses {
		if clause := c.say(name, nil); !c.said(clause) {
			return clause
		}
	}
	return ""
}

// said reports whether the assistant used these words lately.
func (c *composition) said(words string) bool {
	words = strings.TrimSpace(words)
	return slices.ContainsFunc(c.recent, func(text string) bool { return strings.Contains(text, words) })
}

// fit joins the paragraphs; text drops the least needed ones until it fits, and
// full is everything when something was dropped.
func (c *composition) fit() (text, full string) {
	join := func(limit int) string {
		var kept []string
		for _, p := range c.paragraphs {
			if p.drop <= limit {
				kept = append(kept, p.text)
			}
		}
		return strings.Join(kept, "\n")
	}
	const all = 9
	full = join(all)
	for limit := all; limit >= 0; limit-- {
		if text = join(limit); len(text) <= partBytes {
			break
		}
	}
	if text == full {
		full = ""
	}
	return text, full
}
