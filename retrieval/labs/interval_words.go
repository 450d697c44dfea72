package labs

import (
	_ "embed"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

//go:embed data/intervals.yaml
var intervalsFile []byte

// labelKind is what a word beside an interval speaks of.
type labelKind int

const (
	labelNeutral labelKind = iota
	labelSex
	labelFemale
	labelMale
	labelAdult
	labelChild
	labelNewborn
	labelOfWomen
	labelOther
	labelAge
)

// intervalWords recognise whom an interval is for, at the beginning of a text.
type intervalWords struct {
	words []labelWord // longest first
	ages  map[string]float64
	// An age from, an age to, one bound, one bound in words; units in groups.
	span, bound, worded *regexp.Regexp
	above               []string
}

type labelWord struct {
	text string
	kind labelKind
}

func loadIntervalWords() (w intervalWords, err error) {
	var file struct {
		Female  []string             `yaml:"female"`
		Male    []string             `yaml:"male"`
		Adult   []string             `yaml:"adult"`
		Child   []string             `yaml:"child"`
		Newborn []string             `yaml:"newborn"`
		OfWomen []string             `yaml:"of_women"`
		Other   []string             `yaml:"other"`
		Neutral []string             `yaml:"neutral"`
		Age     map[float64][]string `yaml:"age"`
		Above   []string             `yaml:"above"`
		Below   []string             `yaml:"below"`
	}
	if err := yaml.UnmarshalWithOptions(intervalsFile, &file, yaml.Strict()); err != nil {
		return w, fmt.Errorf("labs: data/intervals.yaml: %w", err)
	}
	for kind, words := range map[labelKind][]string{
		labelFemale: file.Female, labelMale: file.Male, labelAdult: file.Adult, labelChild: file.Child, labelNewborn: file.Newborn,
		labelOfWomen: file.OfWomen, labelOther: file.Other, labelNeutral: file.Neutral,
	} {
		for _, word := range words {
			w.words = append(w.words, labelWord{fold.Text(word), kind})
		}
	}
	slices.SortFunc(w.words, func(a, b labelWord) int { return len(b.text) - len(a.text) })
	w.ages = map[string]float64{}
	var units []string
	for days, names := range file.Age {
		for _, name := range names {
			w.ages[name] = days
			units = append(units, name)
		}
	}
	unit := `(` + anyOf(units) + `)`
	if w.span, err = regexp.Compile(`^(\d+(?:\.\d+)?)\s*` + unit + `?\s*(?:-|~|—|–|至|到|to)\s*<?\s*(\d+(?:\.\d+)?)\s*` + unit); err != nil {
		return w, fmt.Errorf("labs: data/intervals.yaml: %w", err)
	}
	if w.bound, err = regexp.Compile(`^(<=|>=|≤|≥|<|>)\s*(\d+(?:\.\d+)?)\s*` + unit); err != nil {
		return w, fmt.Errorf("labs: data/intervals.yaml: %w", err)
	}
	w.above = file.Above
	w.worded, err = regexp.Compile(`^(\d+(?:\.\d+)?)\s*` + unit + `\s*(` + anyOf(append(slices.Clone(file.Above), file.Below...)) + `)`)
	if err != nil {
		return w, fmt.Errorf("labs: data/intervals.yaml: %w", err)
	}
	return w, nil
}

// anyOf matches one of the words, the longest first.
func anyOf(words []string) string {
	words = slices.Clone(words)
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	return strings.Join(words, "|")
}

// label reads the label a text begins with; length is 0 when there is none.
func (w intervalWords) label(text string, p ageAndSex) (suits suitable, length int, kind labelKind) {
	if age, length := w.age(text); length > 0 {
		return age.suits(p), length, labelAge
	}
	for _, word := range w.words {
		behind, found := strings.CutPrefix(text, word.text)
		if !found || latinOnly(word.text) && behind != "" && letter(rune(behind[0])) {
			continue
		}
		switch suits := word.kind.suits(p); word.kind {
		case labelFemale, labelMale:
			return suits, len(word.text), labelSex
		default:
			return suits, len(word.text), word.kind
		}
	}
	return suitsYes, 0, labelNeutral
}

func (k labelKind) suits(p ageAndSex) suitable {
	switch k {
	case labelFemale:
		return ofSex(p, bot.SexFemale)
	case labelMale:
		return ofSex(p, bot.SexMale)
	case labelAdult:
		return ageLabel{adult * daysOfYear, math.Inf(1)}.suits(p)
	case labelChild:
		return ageLabel{0, adult * daysOfYear}.suits(p)
	case labelNewborn:
		return ageLabel{0, daysOfBirth + 1}.suits(p)
	case labelOfWomen:
		if ofSex(p, bot.SexFemale) == suitsNo {
			return suitsNo
		}
		return suitsMaybe
	case labelOther:
		return suitsMaybe
	}
	return suitsYes
}

func ofSex(p ageAndSex, sex bot.Sex) suitable {
	switch p.sex {
	case sex:
		return suitsYes
	case bot.SexFemale, bot.SexMale:
		return suitsNo
	}
	return suitsMaybe
}

// age reads an age a text begins with: "18-60岁", "≥60岁", "1岁以下".
func (w intervalWords) age(text string) (ageLabel, int) {
	if m := w.span.FindStringSubmatch(text); m != nil {
		last := w.ages[m[4]]
		first := last
		if m[2] != "" {
			first = w.ages[m[2]]
		}
		// "18-60岁" holds until the sixty-first birthday.
		return ageLabel{parseNumber(m[1]) * first, (parseNumber(m[3]) + 1) * last}, len(m[0])
	}
	if m := w.bound.FindStringSubmatch(text); m != nil {
		n, unit := parseNumber(m[2]), w.ages[m[3]]
		switch m[1] {
		case "<":
			return ageLabel{0, n * unit}, len(m[0])
		case "<=", "≤":
			return ageLabel{0, (n + 1) * unit}, len(m[0])
		case ">":
			return ageLabel{(n + 1) * unit, math.Inf(1)}, len(m[0])
		}
		return ageLabel{n * unit, math.Inf(1)}, len(m[0])
	}
	if m := w.worded.FindStringSubmatch(text); m != nil {
		n, unit := parseNumber(m[1]), w.ages[m[2]]
		if slices.Contains(w.above, m[3]) {
			return ageLabel{n * unit, math.Inf(1)}, len(m[0])
		}
		return ageLabel{0, n * unit}, len(m[0])
	}
	return ageLabel{}, 0
}
