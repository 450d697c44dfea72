package labs

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

//go:embed data/flags.yaml
var flagsFile []byte

// flagMeaning is what a printed mark says.
type flagMeaning string

const (
	flagHigh     flagMeaning = "high"
	flagLow      flagMeaning = "low"
	flagNormal   flagMeaning = "normal"
	flagAbnormal flagMeaning = "abnormal" // out of range, without saying which way
	flagNothing  flagMeaning = ""
)

// flagWords map a mark in canonical form to its meaning.
type flagWords map[string]flagMeaning

func loadFlags() (flagWords, error) {
	var file map[flagMeaning][]string
	if err := yaml.Unmarshal(flagsFile, &file); err != nil {
		return nil, fmt.Errorf("labs: data/flags.yaml: %w", err)
	}
	words := flagWords{}
	for _, meaning := range []flagMeaning{flagHigh, flagLow, flagNormal, flagAbnormal} {
		for _, mark := range file[meaning] {
			key := fold.Text(mark)
			if other, twice := words[key]; twice && other != meaning {
				return nil, fmt.Errorf("labs: data/flags.yaml: %q means %s and %s", mark, other, meaning)
			}
			words[key] = meaning
		}
	}
	return words, nil
}

func (w flagWords) meaning(printed string) flagMeaning { return w[fold.Text(printed)] }

// marks reports whether a printed mark says that something is out of range.
func (w flagWords) marks(printed string) bool {
	m := w.meaning(printed)
	return m == flagHigh || m == flagLow || m == flagAbnormal
}

// contradicts reports whether a mark and a direction computed from the printed
// interval exclude each other. An unknown mark or direction contradicts nothing.
func (m flagMeaning) contradicts(d bot.Direction) bool {
	switch {
	case m == flagNothing || d == bot.DirectionUnknown:
		return false
	case m == flagHigh:
		return d != bot.DirectionHigh
	case m == flagLow:
		return d != bot.DirectionLow
	case m == flagNormal:
		return d != bot.DirectionWithin
	}
	return d == bot.DirectionWithin
}
