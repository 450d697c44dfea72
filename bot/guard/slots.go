package guard

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// slotNames are all that a draft may ask of a fact, as {{F2.value}}.
var slotNames = []string{"name", "value", "range", "direction", "times_upper", "date", "previous", "previous_date", "change"}

// slotPattern finds slots, braces that belong to none, and slots without braces.
var slotPattern = regexp.MustCompile(`(?i)[{｛﹛]{2}([^{}｛｝﹛﹜]{1,60})[}｝﹜]{2}|[{}｛｝﹛﹜]|\bf\d{1,3}\s?\.\s?(?:` + strings.Join(slotNames, "|") + `)\b`)

// mostSlotFaults is how many faults of one draft are told.
const mostSlotFaults = 20

// Fill puts the facts' own words into a draft's slots. Case, spaces and full-width
// braces do not matter. A slot that cannot be filled, or a brace outside one, is a
// violation at its place in the draft, and then there is no text. What is filled
// in is not read again for slots.
func (g *Guard) Fill(draft string, e bot.Evidence, language bot.Language) (string, []bot.Violation) {
	if len(draft) > longestDraft {
		return "", []bot.Violation{{Check: "V0", End: len(draft), Why: "the text is too long to be reviewed"}}
	}
	var text strings.Builder
	var violations []bot.Violation
	at := 0
	for _, m := range slotPattern.FindAllStringSubmatchIndex(draft, -1) {
		v := bot.Violation{Check: "V1", Start: m[0], End: m[1], Why: "a brace or a slot's name outside a slot"}
		if m[2] >= 0 {
			var said string
			if said, v.Check, v.Why = g.slot(draft[m[2]:m[3]], e, language); v.Why == "" {
				text.WriteString(draft[at:m[0]] + said)
				at = m[1]
				continue
			}
		}
		if violations = append(violations, v); len(violations) == mostSlotFaults {
			break
		}
	}
	if len(violations) > 0 {
		return "", violations
	}
	text.WriteString(draft[at:])
	return text.String(), nil
}

// slot is what stands for "F2.value", or the check it fails and why.
func (g *Guard) slot(inside string, e bot.Evidence, language bot.Language) (said, check, why string) {
	id, name, _ := strings.Cut(fold.Text(inside), ".")
	id, name = strings.TrimSpace(id), strings.TrimSpace(name)
	at := slices.IndexFunc(e.Facts, func(f bot.Fact) bool { return strings.EqualFold(f.ID, id) })
	switch {
	case at < 0:
		return "", "V12", "a slot of a fact that does not exist"
	case !slices.Contains(slotNames, name):
		return "", "V1", "a slot that does not exist"
	}
	if said = g.slots.of(language).say(name, e.Facts[at], e.Now); said == "" {
		return "", "V1", fmt.Sprintf("%s has no %s that may be said", e.Facts[at].ID, name)
	}
	return said, "", ""
}

// Slot is one slot a draft may use, and the words that will stand there.
type Slot struct{ Fact, Name, Text string }

// Slots are all that Fill can fill from this evidence, in its order.
func (g *Guard) Slots(e bot.Evidence, language bot.Language) []Slot {
	var all []Slot
	words := g.slots.of(language)
	for _, f := range e.Facts {
		for _, name := range slotNames {
			if text := words.say(name, f, e.Now); text != "" {
				all = append(all, Slot{Fact: f.ID, Name: name, Text: text})
			}
		}
	}
	return all
}

// citationPattern is a mark such as [K1] or [K1, K3] in a draft.
var citationPattern = regexp.MustCompile(`(?i) ?[\[［]\s?(k\d{1,3}(?:\s?[,，、]\s?k\d{1,3})*)\s?[\]］]`)

// Cite takes a draft's citations, as ids of passages in their order. Where a
// channel does not draw marks, the text comes back without them. Call it before
// Fill: a mark that a report prints cites nothing.
func Cite(draft string, marks bool) (text string, cited []string) {
	for _, m := range citationPattern.FindAllStringSubmatch(draft, -1) {
		for _, id := range markID.FindAllString(strings.ToLower(m[1]), -1) {
			if id = strings.ToUpper(id); !slices.Contains(cited, id) {
				cited = append(cited, id)
			}
		}
	}
	if !marks {
		draft = citationPattern.ReplaceAllString(draft, "")
	}
	return draft, cited
}
