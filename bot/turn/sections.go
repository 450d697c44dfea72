package turn

import (
	"slices"
	"strings"

	"careline/bot"
)

// sided are the sections of a document that speak of one side of the range.
var sided = map[string]bot.Direction{"high": bot.DirectionHigh, "low": bot.DirectionLow, "normal": bot.DirectionWithin}

// fitting leaves out the sections about another side of the range than the
// patient's values lie on: nobody, model or person, should read "within the range"
// beside a value that is not. Where there is no value, all sides are knowledge.
func fitting(passages []bot.Passage, facts []bot.Fact) []bot.Passage {
	return slices.DeleteFunc(passages, func(p bot.Passage) bool {
		side, _, _ := strings.Cut(string(p.Section), "-")
		direction, one := sided[side]
		if !one {
			return false
		}
		about := slices.DeleteFunc(slices.Clone(facts), func(f bot.Fact) bool {
			return !slices.Contains(p.Analytes, f.Analyte) || f.Kind == bot.FactStated && !f.Interval.Usable()
		})
		return len(about) > 0 && !slices.ContainsFunc(about, func(f bot.Fact) bool { return f.Judged && f.Direction == direction })
	})
}
