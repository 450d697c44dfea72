package labs

import (
	"regexp"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// A value stands shortly after the name: "血钾 7.1", "potassium was 7.1 mmol/L",
// "血小板才12", "ALT: 87 (7-40)". Between them nothing but filler may stand.
var (
	statedGap   = regexp.MustCompile(`^(?:\s|[:：=，,(（]|是|为|到了?|有|才|只有|都|已经|高达|升到|升高到|降到|降低到|结果|测的?|查的?|值|大概|大约|约|is|was|at|of|are|were|level|result|came back|about|only|just|now|up to|down to|it's|today|today's)*`)
	statedValue = regexp.MustCompile(`^([<>≤≥]=?)?\s*(\d{1,6}(?:\.\d{1,4})?)`)
	statedUnit  = regexp.MustCompile(`^\s*((?:[x×*]\s*)?10(?:\^|\*)?\d{1,2}\s*/\s*u?l|[a-zμ%]+(?:\.\d+m2)?(?:\s*/\s*[a-zμ]+(?:\s*/\s*1\.73\s*m2)?)?)`)
	statedRange = regexp.MustCompile(`^[\s,，]*(?:\(|（|\[)?\s*(?:参考(?:范围|值|区间)?|正常(?:范围|值)?|范围|range|ref(?:erence)?(?: range| interval)?|normal(?: range)?)?\s*[:：是]?\s*(\d{1,6}(?:\.\d+)?\s*(?:-|~|–|—|至|到|to)\s*\d{1,6}(?:\.\d+)?|[<>≤≥]=?\s*\d{1,6}(?:\.\d+)?)`)
	// What follows a number that is no result: an age, a date, a count, a dose.
	notAValue = regexp.MustCompile(`^\s*(?:岁|年|月|日|号|天|周|次|点|时|小时|分钟|片|粒|颗|块|个|项|倍|楼|years?|days?|weeks?|months?|hours?|times?|tablets?|pills?|mg\b(?:\s*(?:of|daily|a day))|\^|\*\s?\d|[:：]\d|[/-]\d{1,2}[/-]|-\d{1,2}-)`)
)

// Stated finds the values a person writes. Each is a fact of its own kind: with
// the interval written beside it, or none; its unit as written, or none.
func (c *Catalogue) Stated(text bot.Text) []bot.Fact {
	folded := fold.Fold(text.Plain())
	var facts []bot.Fact
	for _, m := range c.Mentions(folded.Text()) {
		if m.Group && len(m.Analytes) != 1 {
			continue
		}
		if a, ok := c.Analyte(m.Analytes[0]); ok {
			if f, ok := c.statedAfter(a, folded.Text()[m.End:]); ok {
				f.Name = a.Names[languageOf(text.Plain())]
				facts = append(facts, f)
			}
		}
	}
	return facts
}

func (c *Catalogue) statedAfter(a Analyte, rest string) (bot.Fact, bool) {
	rest = rest[len(statedGap.FindString(rest)):]
	value := statedValue.FindStringSubmatch(rest)
	if value == nil {
		return bot.Fact{}, false
	}
	rest = rest[len(value[0]):]
	if notAValue.MatchString(rest) || strings.HasPrefix(rest, ".") {
		return bot.Fact{}, false
	}
	number, err := bot.ParseDecimal(value[2])
	if err != nil {
		return bot.Fact{}, false
	}
	f := bot.Fact{Kind: bot.FactStated, Analyte: a.ID, Names: c.names(a), Code: a.Units[0].LOINC, Specimen: a.Specimen, Status: bot.StatusFinal, Judged: true, Direction: bot.DirectionUnknown,
		Value: bot.Value{Printed: value[2], Number: number, Comparator: comparator(value[1])}}
	if printed := statedUnit.FindStringSubmatch(rest); printed != nil {
		if ucum, possible := c.Unit(a, printed[1]); ucum != "" {
			f.Value.Unit, rest = strings.TrimSpace(printed[1]), rest[len(printed[0]):]
			if f.Value.UCUM = ucum; !possible {
				// A unit that cannot be the analyte's: the number is not this analyte's value.
				return bot.Fact{}, false
			}
		}
	}
	if printed := statedRange.FindStringSubmatch(rest); printed != nil {
		f.Interval = ParseInterval(printed[1])
		f.Direction = Direction(f.Value, f.Interval)
	}
	return f, true
}

func languageOf(text string) bot.Language {
	if latinOnly(text) {
		return bot.English
	}
	return bot.Chinese
}
