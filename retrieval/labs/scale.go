package labs

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

//go:embed data/scales.yaml
var scalesFile []byte

// step is what a result in words says.
type step string

// The steps of an ordinal scale; a positive without a grade is a step of its own.
const (
	stepNone     step = ""
	stepNegative step = "negative"
)

// scaleWords map a result in words, in canonical form, to its step.
type scaleWords map[string]step

func loadScales() (scaleWords, error) {
	var file map[step][]string
	if err := yaml.Unmarshal(scalesFile, &file); err != nil {
		return nil, fmt.Errorf("labs: data/scales.yaml: %w", err)
	}
	words := scaleWords{}
	for s, printed := range file {
		for _, word := range printed {
			key := scaleKey(word)
			if other, twice := words[key]; twice && other != s {
				return nil, fmt.Errorf("labs: data/scales.yaml: %q is %s and %s", word, other, s)
			}
			words[key] = s
		}
	}
	return words, nil
}

// scaleKey is the canonical form of a result in words. Stars are no part of it,
// plus signs are.
func scaleKey(printed string) string {
	return strings.NewReplacer(" ", "", "*", "", "﹢", "+", "﹣", "-", "－", "-").Replace(fold.Text(plainDigits(printed)))
}

// step is what a printed result says, stepNone when it is no word of a scale.
func (w scaleWords) step(printed string) step { return w[scaleKey(printed)] }

// worded reports whether a value is a word of a scale, such as "+1", which reads as a
// number too.
func (w scaleWords) worded(v bot.Value) bool {
	return (!v.Number.Valid() || strings.ContainsAny(v.Printed, "+-")) && w.step(v.Printed) != stepNone
}

// compare says where a result in words lies against a reference in words: within
// when both say the same. Anything else is left to the doctor: "positive" is not
// "high".
func (w scaleWords) compare(value, reference string) bot.Direction {
	v, r := w.step(value), w.step(reference)
	if v != stepNone && v == r || v == stepNone && scaleKey(value) != "" && scaleKey(value) == scaleKey(reference) {
		return bot.DirectionWithin
	}
	return bot.DirectionUnknown
}

// departs reports whether a result in words is another than its reference, both
// being words of a scale.
func (w scaleWords) departs(value, reference string) bool {
	v, r := w.step(value), w.step(reference)
	return v != stepNone && r != stepNone && v != r
}

var titreText = regexp.MustCompile(`^(<=|>=|≤|≥|<|>)?\s*1\s*[:：]\s*(\d{1,6})$`)

// readTitre reads a titre, the dilution as its number: "1:80", "<1:20".
func readTitre(printed string) (compared string, dilution bot.Decimal, ok bool) {
	m := titreText.FindStringSubmatch(strings.TrimSpace(plainDigits(printed)))
	if m == nil {
		return "", bot.Decimal{}, false
	}
	dilution, err := bot.ParseDecimal(m[2])
	return comparator(m[1]), dilution, err == nil
}

// titreDirection is where a titre lies against the printed one.
func titreDirection(value, reference string) bot.Direction {
	compared, dilution, ok := readTitre(value)
	bound, limit, known := readTitre(reference)
	if !ok || !known {
		return bot.DirectionUnknown
	}
	i := bot.Interval{}
	switch bound {
	case "<":
		i.High, i.HighOpen = limit, true
	case "<=", "":
		i.High = limit
	case ">":
		i.Low, i.LowOpen = limit, true
	default:
		i.Low = limit
	}
	return Direction(bot.Value{Number: dilution, Comparator: compared}, i)
}
