package labs

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot/fold"
)

//go:embed data/stated.yaml
var statedFile []byte

// statedWords recognise the pieces around a stated value, each at the beginning
// of the text that is left.
type statedWords struct {
	between *regexp.Regexp // fillers between a name and its number
	own     *regexp.Regexp // the same after an interval
	from    *regexp.Regexp
	to      *regexp.Regexp
	// An interval, in group 1. Before the value it has two bounds: "<5.2" is a value there.
	intervalBefore, intervalBehind *regexp.Regexp
	noValue                        *regexp.Regexp
	taken                          *regexp.Regexp // at the end of the text before a name
}

const (
	aNumber   = `\d{1,6}(?:\.\d{1,4})?`
	aSpace    = `\s|[:：=，,(（、]`
	marks     = `[\s,，)）↑↓]|偏?[高低]|[hl]\b`
	intervals = aNumber + `\s*(?:-|~|–|—|至|到|to)\s*` + aNumber
	bounds    = `[<>≤≥]=?\s*` + aNumber
	// dates, pairs, powers of ten, thousands cut in the wrong place
	shapes = `\s*(?:\^|\*\s?\d|[:：]\d|/\s*\d|-\s*\d|,\d)|\.`
)

func loadStatedWords() (w statedWords, err error) {
	var file struct {
		Between wordList `yaml:"between"`
		Own     wordList `yaml:"own"`
		From    wordList `yaml:"from"`
		To      wordList `yaml:"to"`
		Range   wordList `yaml:"range"`
		NoValue wordList `yaml:"no_value"`
		Taken   wordList `yaml:"taken"`
	}
	if err := yaml.UnmarshalWithOptions(statedFile, &file, yaml.Strict()); err != nil {
		return w, fmt.Errorf("labs: data/stated.yaml: %w", err)
	}
	lead := `[(（\[]?\s*(?:` + file.Range.pattern() + `)?\s*[:：是]?\s*`
	for _, p := range []struct {
		to      **regexp.Regexp
		pattern string
	}{
		{&w.between, `^(?:` + aSpace + `|` + file.Between.pattern() + `)*`},
		{&w.own, `^(?:[)）;；。.]|` + aSpace + `|` + file.Own.pattern() + `|` + file.Between.pattern() + `)*`},
		{&w.from, `^(?:` + file.From.pattern() + `)\s*`},
		{&w.to, `^[\s，,]*(?:→|-+>|` + file.To.pattern() + `)(?:` + aSpace + `|` + file.Between.pattern() + `|` + file.To.pattern() + `)*`},
		{&w.intervalBefore, `^` + lead + `(` + intervals + `)`},
		{&w.intervalBehind, `^(?:` + marks + `)*` + lead + `(` + intervals + `|` + bounds + `)`},
		{&w.noValue, `^(?:` + shapes + `|\s*(?:` + file.NoValue.pattern() + `))`},
		{&w.taken, `(?:` + file.Taken.atEnd() + `)\s*$`},
	} {
		if *p.to, err = regexp.Compile(p.pattern); err != nil {
			return w, fmt.Errorf("labs: data/stated.yaml: %w", err)
		}
	}
	return w, nil
}

// isTaken reports whether the text before a name ends in a word for taking it.
func (w statedWords) isTaken(before string) bool {
	const enough = 32 // bytes, more than any of the words has
	return w.taken.MatchString(before[max(0, len(before)-enough):])
}

// pattern matches one of the words, the longest first, English ones whole.
func (l wordList) pattern() string { return strings.Join(l.quoted(``, `\b`), "|") }

// atEnd is pattern for words that are looked for from behind.
func (l wordList) atEnd() string { return strings.Join(l.quoted(`\b`, ``), "|") }

func (l wordList) quoted(before, behind string) []string {
	var all []string
	for _, word := range l.Chinese {
		all = append(all, regexp.QuoteMeta(fold.Text(word)))
	}
	for _, word := range l.English {
		all = append(all, before+regexp.QuoteMeta(fold.Text(word))+behind)
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}
