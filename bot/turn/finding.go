package turn

import (
	"slices"

	"careline/bot"
)

// finding is one fact with the action it calls for and the passages about it.
type finding struct {
	fact     bot.Fact
	tier     bot.Tier
	sections map[bot.SectionKind]bot.Passage
}

// out reports whether the value may be called high or low, and is.
func (f finding) out() bool {
	return f.fact.Judged && (f.fact.Direction == bot.DirectionHigh || f.fact.Direction == bot.DirectionLow)
}

// within reports whether the value may be called within its range, and is.
func (f finding) within() bool {
	return f.fact.Judged && f.fact.Direction == bot.DirectionWithin && f.fact.Status.Usable()
}

// section is the passage of a kind in the fact's own direction: "causes" of a
// high value is the section "high", "do" is "high-do".
func (f finding) section(suffix bot.SectionKind) (bot.Passage, bool) {
	kind := bot.SectionKind(f.fact.Direction)
	if suffix != "" {
		kind += "-" + suffix
	}
	p, ok := f.sections[kind]
	return p, ok
}

// findingView is what phrases about a finding may say.
type findingView struct {
	Whose, Date, Name  string
	Value, Unit, Range string
	RangeSource        string // of an interval the report does not print
	Flag               string
	Direction, Tier    string
	Judged, Persistent bool
	Child, Pregnant    bool
	Previous           *previousView
}

// previousView is the value before, and how this one compares with it.
type previousView struct {
	Date, Value, Direction string
	Unit                   string // where it is not the value's
	Change                 string // up, down, same
	Changed                []bot.Ground
	Move                   bot.Move
	Comparable, AlsoOut    bool
}

func (c *composition) view(f finding) findingView {
	fact := f.fact
	view := findingView{
		Whose: c.whose, Date: c.date(fact.Date, c.now), Name: fact.Name,
		Value: fact.Value.Shown(), Unit: fact.Value.Unit, Range: fact.Interval.Printed, RangeSource: bot.ShortSource(fact.IntervalSource),
		Flag: fact.Flag, Direction: string(fact.Direction), Tier: f.tier.String(), Judged: fact.Judged,
	}
	if p := c.evidence.Patient; p != nil {
		view.Child = p.Age >= 0 && p.Age < 18 || !fact.Judged && !p.Pregnant // or was a child then
		view.Pregnant = p.Pregnant
	}
	if len(fact.Previous) > 0 {
		view.Previous = c.previous(fact, fact.Previous[0])
		view.Persistent = view.Previous.AlsoOut && view.Previous.Comparable
	}
	return view
}

func (c *composition) previous(fact bot.Fact, p bot.Point) *previousView {
	view := &previousView{Date: c.date(p.Date, c.now), Value: p.Value.Shown(), Direction: string(p.Direction), Comparable: p.Same, Changed: p.Changed, Move: p.Move}
	if slices.Contains(p.Changed, bot.GroundUnit) {
		view.Unit = p.Value.Unit
	}
	if !fact.Value.Number.Valid() || !p.Value.Number.Valid() || fact.Value.Comparator != "" || p.Value.Comparator != "" {
		view.Comparable = false
	}
	view.AlsoOut = fact.Judged && p.Direction == fact.Direction && (p.Direction == bot.DirectionHigh || p.Direction == bot.DirectionLow)
	switch fact.Value.Number.Cmp(p.Value.Number) {
	case 1:
		view.Change = "up"
	case -1:
		view.Change = "down"
	default:
		view.Change = "same"
	}
	return view
}

// findings pairs facts with their tiers and passages, the most urgent first and
// otherwise in the order of the evidence.
func (c *composition) findings() []finding {
	found := make([]finding, 0, len(c.evidence.Facts))
	for _, fact := range c.evidence.Facts {
		f := finding{fact: fact, tier: c.tierOf(fact), sections: map[bot.SectionKind]bot.Passage{}}
		for _, p := range c.evidence.Passages {
			if fact.Analyte != "" && slices.Contains(p.Analytes, fact.Analyte) {
				f.sections[p.Section] = p
			}
		}
		found = append(found, f)
	}
	slices.SortStableFunc(found, func(a, b finding) int {
		if a.out() != b.out() {
			if a.out() {
				return -1
			}
			return 1
		}
		return int(b.tier) - int(a.tier)
	})
	return found
}
