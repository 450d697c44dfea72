package turn

import (
	"strings"

	"careline/bot"
)

// shown is how many findings one message explains; the rest is behind "full text".
const shown = 3

// overviewView is what a report comes to.
type overviewView struct {
	Whose, Date, Title string
	Out                bool
	OutNames           string
	RestWithin         bool   // everything not named is final, has a range and lies inside
	Rest               bool   // there are items that are not named
	MarkedNames        string // of items the report marks, or in other words than the reference's
	AllWithin          bool
	General            bool // an interval is not the report's own
}

// several answers a question about a report or a group of items.
func (c *composition) several(found []finding) {
	var out, rest []finding
	for _, f := range found {
		if f.out() {
			out = append(out, f)
		} else {
			rest = append(rest, f)
		}
	}
	c.overview(found, out, rest)
	switch {
	case len(out) > 0:
		c.outOfRange(out)
	case c.whole:
		c.reassure()
	default:
		c.list(rest)
	}
	if len(out) > 0 && !c.whole {
		c.listBeyond(rest)
	}
}

func (c *composition) overview(found, out, rest []finding) {
	view := overviewView{Whose: c.whose, Out: len(out) > 0, RestWithin: len(rest) > 0}
	if c.whole {
		view.Title = c.title
	}
	view.Date = c.date(found[0].fact.Date, c.now)
	for _, f := range found {
		view.General = view.General || f.fact.IntervalSource != ""
	}
	var names []string
	for _, f := range out {
		names = append(names, f.fact.Name)
	}
	view.OutNames = strings.Join(names, c.say("join", nil))
	var marked []string
	for _, f := range rest {
		view.RestWithin = view.RestWithin && f.within()
		if f.fact.Marked {
			marked = append(marked, f.fact.Name)
		}
	}
	view.MarkedNames, view.Rest = strings.Join(marked, c.say("join", nil)), len(rest) > 0
	view.AllWithin = len(out) == 0 && view.RestWithin
	text := c.sympathy() + c.say("overview", view)
	if len(out) > 0 {
		text += c.gap() + c.say("overall", c.view(out[0]))
	}
	c.add(0, text)
}

// outOfRange explains the most urgent findings, a line or two each, and gives
// the steps of the first.
func (c *composition) outOfRange(out []finding) {
	var lines []string
	for i, f := range out {
		line := c.say("item", c.view(f))
		if measures, ok := f.sections["measures"]; ok && i < shown {
			line += c.gap() + c.use(measures)
		}
		lines = append(lines, line)
	}
	c.add(0, numbered(lines[:min(shown, len(lines))]))
	if len(out) > shown {
		c.add(0, c.say("more-behind", nil))
		c.add(fullOnly, strings.Join(lines[shown:], "\n"))
	}
	if causes, ok := out[0].section(""); ok {
		c.add(3, c.say("about", c.view(out[0]))+c.use(causes))
	}
	c.steps(out[0])
}

// list states values that are within range or may not be judged.
func (c *composition) list(rest []finding) {
	var lines []string
	for i, f := range rest {
		line := c.say("item", c.view(f))
		if measures, ok := f.sections["measures"]; ok && i < shown {
			line += c.gap() + c.use(measures)
		}
		lines = append(lines, line)
	}
	c.add(0, strings.Join(lines[:min(2*shown, len(lines))], "\n"))
	if len(lines) > 2*shown {
		c.add(fullOnly, strings.Join(lines[2*shown:], "\n"))
	}
	if len(rest) > 0 && !rest[0].fact.Judged {
		c.add(1, c.say("unjudged-note", c.view(rest[0])))
		c.section(2, rest[0], "groups")
	}
}

// listBeyond names the items of a group that need no explaining.
func (c *composition) listBeyond(rest []finding) {
	var lines []string
	for _, f := range rest {
		lines = append(lines, c.say("item", c.view(f)))
	}
	c.add(4, strings.Join(lines, "\n"))
}

// reassure answers a worried question about a report without findings.
func (c *composition) reassure() {
	for _, p := range c.evidence.Passages {
		if p.Section == "answer" && len(p.Analytes) == 0 {
			c.add(1, c.use(p))
			return
		}
	}
	if c.question.worry {
		c.add(0, c.say("closing-worried-normal", nil))
	}
}

// fullOnly marks a paragraph that stands behind "full text" only.
const fullOnly = 9

// knowledge answers without any of the person's results.
func (c *composition) knowledge() {
	if len(c.missing) > 0 {
		c.add(0, c.say("not-found", findingView{Whose: c.whose, Name: strings.Join(c.missing, c.say("join", nil))}))
	}
	if len(c.evidence.Passages) == 0 {
		c.add(0, c.say("nothing", nil))
		return
	}
	lead := c.evidence.Passages[0].Document
	said := map[bot.SectionKind]bool{}
	for _, kind := range c.sectionsToSay() {
		for _, p := range c.evidence.Passages {
			if p.Document != lead || p.Section != kind || said[kind] {
				continue
			}
			said[kind] = true
			text := c.use(p)
			if len(p.Items) > 0 {
				text = c.say("steps", nil) + "\n" + numbered(p.Items)
			}
			c.add(len(said)/3, text)
		}
	}
	switch {
	case c.agree:
		c.add(0, c.say("agree-for-more", nil))
	case c.evidence.Patient == nil:
		c.add(1, c.say("bind-for-more", nil))
	}
}

// sectionsToSay are the sections a general answer is made of, in order.
func (c *composition) sectionsToSay() []bot.SectionKind {
	kinds := []bot.SectionKind{"answer", "measures"}
	if len(c.missing) > 0 {
		// Nobody has this result: what to do about it is not for them.
		return kinds
	}
	if c.question.prepare {
		kinds = append(kinds, "prepare")
	}
	if c.question.groups {
		kinds = append(kinds, "groups")
	}
	switch c.question.direction {
	case bot.DirectionHigh:
		kinds = append(kinds, "high", "high-do", "high-today")
	case bot.DirectionLow:
		kinds = append(kinds, "low", "low-do", "low-today")
	default:
		kinds = append(kinds, "high", "low")
	}
	return append(kinds, "do")
}
