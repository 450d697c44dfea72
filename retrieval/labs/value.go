package labs

import (
	"regexp"
	"strings"

	"careline/bot"
)

var (
	numberText = regexp.MustCompile(`^(<=|>=|≤|≥|<|>)?\s*(-?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,2})?)$`)
	arrowText  = regexp.MustCompile(`\s*([↑↓]{1,3}|[HL]{1,2}|\*)$`)
)

// ParseValue reads a printed result. Printed stays as printed but for a flag
// printed behind the number ("87↑"), which comes back by itself.
func ParseValue(printed, unit string) (v bot.Value, flag string) {
	v = bot.Value{Printed: strings.TrimSpace(printed), Unit: strings.TrimSpace(unit)}
	if m := arrowText.FindStringSubmatch(v.Printed); m != nil && strings.IndexFunc(v.Printed, digit) >= 0 {
		flag = m[1]
		v.Printed = strings.TrimSpace(strings.TrimSuffix(v.Printed, m[0]))
	}
	m := numberText.FindStringSubmatch(strings.TrimSpace(plainDigits(v.Printed)))
	if m == nil {
		return v, flag
	}
	if number, err := bot.ParseDecimal(m[2]); err == nil {
		v.Number, v.Comparator = number, comparator(m[1])
		if v.Comparator != "" {
			v.Printed = m[2]
		}
	}
	return v, flag
}

func digit(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }

func comparator(s string) string {
	switch s {
	case "≤":
		return "<="
	case "≥":
		return ">="
	}
	return s
}
