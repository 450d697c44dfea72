package labs

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

//go:embed data/words.yaml
var wordsFile []byte

// fileWords are what the words of files mean.
type fileWords struct {
	sex      map[string]bot.Sex
	status   map[string]bot.ResultStatus
	specimen []specimenWords
	title    []specimenWords
	// Words of names that say nothing of the analyte: in front, behind.
	before, behind []string
	fronts         map[bot.Specimen][]string // a specimen's word in front of a name
}

type specimenWords struct {
	Is  bot.Specimen `yaml:"is"`
	Has []string     `yaml:"has"`
}

func loadFileWords() (w fileWords, err error) {
	var file struct {
		Sex      map[bot.Sex][]string          `yaml:"sex"`
		Status   map[bot.ResultStatus][]string `yaml:"status"`
		Specimen []specimenWords               `yaml:"specimen"`
		Title    []specimenWords               `yaml:"title"`
		Names    struct {
			Before []string                  `yaml:"before"`
			Behind []string                  `yaml:"behind"`
			Front  map[bot.Specimen][]string `yaml:"front"`
		} `yaml:"names"`
	}
	if err := yaml.UnmarshalWithOptions(wordsFile, &file, yaml.Strict()); err != nil {
		return w, fmt.Errorf("labs: data/words.yaml: %w", err)
	}
	w = fileWords{specimen: file.Specimen, title: file.Title, before: file.Names.Before, behind: file.Names.Behind, fronts: file.Names.Front}
	if w.sex, err = meanings(file.Sex); err != nil {
		return w, err
	}
	w.status, err = meanings(file.Status)
	return w, err
}

// meanings turns a meaning's words round.
func meanings[M ~string](file map[M][]string) (map[string]M, error) {
	all := map[string]M{}
	for meaning, words := range file {
		for _, word := range words {
			if other, twice := all[fold.Text(word)]; twice && other != meaning {
				return nil, fmt.Errorf("labs: data/words.yaml: %q is %s and %s", word, other, meaning)
			}
			all[fold.Text(word)] = meaning
		}
	}
	return all, nil
}

func (w fileWords) sexOf(s string) bot.Sex {
	if sex, known := w.sex[fold.Text(s)]; known {
		return sex
	}
	return bot.SexUnknown
}

func (w fileWords) statusOf(s string) bot.ResultStatus {
	if status, known := w.status[fold.Text(s)]; known {
		return status
	}
	return bot.StatusUnknown
}

// specimenOf sorts what a file says of the specimen.
func (w fileWords) specimenOf(s string) bot.Specimen {
	if fold.Text(s) == "" {
		return bot.SpecimenUnknown
	}
	if found := firstSpecimen(w.specimen, s); found != bot.SpecimenUnknown {
		return found
	}
	return bot.SpecimenOther
}

// specimenOfTitle is what a report's title says of its items' specimen.
func (w fileWords) specimenOfTitle(title string) bot.Specimen { return firstSpecimen(w.title, title) }

func firstSpecimen(words []specimenWords, s string) bot.Specimen {
	key := fold.Text(s)
	for _, w := range words {
		for _, word := range w.Has {
			if strings.Contains(key, word) {
				return w.Is
			}
		}
	}
	return bot.SpecimenUnknown
}

// bare is a name's key without the words around it that say nothing of the
// analyte.
func (w fileWords) bare(key string) string {
	for _, word := range w.before {
		if cut, found := strings.CutPrefix(key, word); found {
			key = cut
			break
		}
	}
	for _, word := range w.behind {
		if cut, found := strings.CutSuffix(key, word); found {
			return cut
		}
	}
	return key
}
