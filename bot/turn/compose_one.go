package turn

import (
	"fmt"
	"strings"

	"careline/bot"
)

// one answers a question about a single item.
func (c *composition) one(f finding) {
	view := c.view(f)
	if c.unjudgeable(f, view) {
		return
	}
	c.add(0, c.sympathy()+c.say("conclusion", view))
	if c.question.trend && len(f.fact.Previous) > 1 {
		c.add(0, c.trend(f, view))
	} else if value := c.say("value", view); !c.said(value) {
		c.add(0, value)
	}
	c.explain(f)
	c.aside(f)
	if f.out() {
		c.steps(f)
	}
}

// unjudgeable states a value of which code may not say high or low, and what
// the item is; it reports whether f was such a value.
func (c *composition) unjudgeable(f finding, view findingView) bool {
	phrase := ""
	switch {
	case f.fact.Kind == bot.FactStated:
		phrase = "stated"
	case !f.fact.Judged:
		phrase = "unjudged"
	case f.fact.Direction != bot.DirectionUnknown:
		return false
	case !f.fact.Value.Number.Valid():
		phrase = "text-value"
	case f.fact.Interval.Usable() && f.fact.Flag != "":
		phrase = "flag-conflict"
	default:
		phrase = "no-interval"
	}
	text := c.sympathy() + c.say(phrase, view)
	if f.out() {
		text += c.gap() + c.say("action", view)
	}
	c.add(0, text)
	c.explain(f)
	switch {
	case !f.fact.Judged:
		if phrase != "unjudged" {
			c.add(1, c.say("unjudged-note", view))
		}
		c.section(2, f, "groups")
	case f.out():
		c.steps(f)
	default:
		c.aside(f)
	}
	return true
}

// explain says what the item is and what moves it in the value's direction, once
// in a conversation: somebody who asks on wants to know what to do.
func (c *composition) explain(f finding) {
	measures, known := f.sections["measures"]
	if !known {
		c.add(0, c.say("no-passage", nil))
		c.add(3, c.say("no-passage-steps", nil))
		return
	}
	if c.said(measures.Text) {
		return
	}
	text := c.use(measures)
	if causes, ok := f.section(""); ok && f.out() {
		text += c.gap() + c.use(causes)
	} else if normal, ok := f.sections["normal"]; ok && f.within() {
		text += c.gap() + c.use(normal)
	}
	c.add(0, text)
}

// aside answers what else the question touched: preparation, children, pregnancy.
func (c *composition) aside(f finding) {
	if c.question.prepare {
		c.section(4, f, "prepare")
	}
	if c.question.groups {
		c.section(4, f, "groups")
	}
}

func (c *composition) section(drop int, f finding, kind bot.SectionKind) {
	if p, ok := f.sections[kind]; ok {
		c.add(drop, c.use(p))
	}
}

// steps are what to do, what to ask, when to go today, and one question back.
func (c *composition) steps(f finding) {
	var lines []string
	if do, ok := f.section("do"); ok {
		c.use(do)
		lines = append(lines, do.Items...)
	}
	if ask, ok := f.section("ask"); ok {
		c.use(ask)
		lines = append(lines, c.say("ask", ask.Items))
	}
	if len(lines) > 0 {
		c.add(1, c.say("steps", nil)+"\n"+numbered(lines))
	}
	if today, ok := f.section("today"); ok {
		c.add(0, c.use(today))
	}
	if back, ok := f.sections["context"]; ok {
		c.add(2, c.say("context", c.use(back)))
	}
}

// trendView is the last values of an item, oldest first.
type trendView struct {
	findingView
	Points []pointView
}

type pointView struct{ Date, Value string }

func (c *composition) trend(f finding, view findingView) string {
	const points = 5
	said := trendView{findingView: view}
	for i := min(len(f.fact.Previous), points-1) - 1; i >= 0; i-- {
		p := f.fact.Previous[i]
		said.Points = append(said.Points, pointView{Date: c.date(p.Date, c.now), Value: p.Value.Shown()})
	}
	said.Points = append(said.Points, pointView{Date: view.Date, Value: view.Value})
	return c.say("trend", said)
}

// gap stands between two sentences of a paragraph.
func (c *composition) gap() string {
	if c.language == bot.Chinese {
		return ""
	}
	return " "
}

func numbered(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%d. %s", i+1, line)
	}
	return b.String()
}
