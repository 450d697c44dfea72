package evals

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

//go:embed mutations.yaml
var mutationsFile []byte

// mutationWords are the words mutants are made of; see mutations.yaml.
type mutationWords struct {
	Units        []unitWords     `yaml:"units"`
	Counted      []string        `yaml:"counted"`
	Directions   []directionWord `yaml:"directions"`
	NotAsserted  spoken          `yaml:"not_asserted"`
	Negations    []replaced      `yaml:"negations"`
	Doses        spoken          `yaml:"doses"`
	Links        spoken          `yaml:"links"`
	Reassurances spoken          `yaml:"reassurances"`
	Diagnoses    struct {
		Chinese []diagnosis `yaml:"zh"`
		English []diagnosis `yaml:"en"`
	} `yaml:"diagnoses"`
}

type unitWords struct {
	Unit string   `yaml:"unit"`
	Same []string `yaml:"same"`
}

// directionWord are words said of a fact that lies in a direction, and words that
// are false of it.
type directionWord struct {
	Is        bot.Direction `yaml:"is"`
	Chinese   []string      `yaml:"zh"`
	English   []string      `yaml:"en"`
	ToChinese []string      `yaml:"to_zh"`
	ToEnglish []string      `yaml:"to_en"`
}

type replaced struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

type diagnosis struct {
	Say       string `yaml:"say"`
	Condition string `yaml:"condition"`
}

// spoken are sentences or words in both languages.
type spoken struct {
	Chinese []string `yaml:"zh"`
	English []string `yaml:"en"`
}

func (s spoken) in(l bot.Language) []string {
	if l == bot.English {
		return s.English
	}
	return s.Chinese
}

func loadMutations() (w mutationWords, err error) {
	if err := yaml.UnmarshalWithOptions(mutationsFile, &w, yaml.Strict()); err != nil {
		return w, fmt.Errorf("evals: mutations.yaml: %w", err)
	}
	return w, nil
}
