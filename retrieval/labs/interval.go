package labs

import (
	"regexp"
	"strings"

	"golang.org/x/text/width"

	"careline/bot"
)

const (
	aBound = `([-+]?\d+(?:\.\d+)?)`

	powerOfTen = `[x×*]?\s*10(?:[\^*]|\*\*|e\+?)?[\d⁰¹²³⁴-⁹]{1,2}`
	unitWord   = `[a-zμµ\[{(][a-z\d.μµ·²³^*\s\[\]{}()]*`
	// What may stand behind an interval is its unit. Other words may narrow whom it
	// is for ("130-175(男) 115-150(女)", "10-20 (新生儿)"), and it is not used.
	unitBehind = `\s*\(?(?:(?:` + powerOfTen + `|` + unitWord + `|个)?\s*(?:%|(?:/\s*[\d.]*(?:` + unitWord + `|升))+)|fl|pg|s|sec|秒)?\)?`
)

var (
	rangeText = regexp.MustCompile(`(?i)^\(?\s*` + aBound + `\s*(-{1,2}|~|–|—+|至|到|to)\s*` + aBound + `\s*\)?` + unitBehind + `$`)
	boundText = regexp.MustCompile(`(?i)^(<=|>=|≤|≥|<|>|小于|大于|不高于|不低于)\s*` + aBound + unitBehind + `$`)
)

// ParseInterval reads a printed reference interval: "3.5-9.5", "1.003 ~ 1.03",
// "<5.2", "≥60". Printed stays as printed; a text without usable bounds
// ("阴性", "男:… 女:…") has none.
func ParseInterval(printed string) bot.Interval {
	i := bot.Interval{Printed: strings.TrimSpace(printed)}
	text := strings.TrimSpace(plainDigits(printed))
	if m := rangeText.FindStringSubmatch(text); m != nil {
		low, errLow := bot.ParseDecimal(m[1])
		high, errHigh := bot.ParseDecimal(m[3])
		// Behind a negative bound "--" may be a dash and a minus.
		open := m[2] == "--" && strings.HasPrefix(m[1], "-")
		if errLow == nil && errHigh == nil && !open && low.Cmp(high) <= 0 {
			i.Low, i.High = low, high
		}
		return i
	}
	m := boundText.FindStringSubmatch(text)
	if m == nil {
		return i
	}
	bound, err := bot.ParseDecimal(m[2])
	if err != nil {
		return i
	}
	switch m[1] {
	case "<", "小于":
		i.High, i.HighOpen = bound, true
	case "<=", "≤", "不高于":
		i.High = bound
	case ">", "大于":
		i.Low, i.LowOpen = bound, true
	default:
		i.Low = bound
	}
	return i
}

// plainForms are a Replacer of the signs printers use for a plain one.
var plainForms = strings.NewReplacer("·", ".", "．", ".", "～", "~", "〜", "~", "∼", "~", "−", "-", "－", "-", "‐", "-", "‑", "-", "≦", "≤", "≧", "≥", "⩽", "≤", "⩾", "≥")

// plainDigits brings full-width forms and the middle dot some printers use for a
// decimal point to plain ones.
func plainDigits(s string) string { return plainForms.Replace(width.Narrow.String(s)) }
