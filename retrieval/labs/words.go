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
	brackets       map[string]bool           // and in brackets
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
			Before   []string                  `yaml:"before"`
			Behind   []string                  `yaml:"behind"`
			Brackets []string                  `yaml:"brackets"`
			Front    map[bot.Specimen][]string `yaml:"front"`
		} `yaml:"names"`
	}
	if err := yaml.UnmarshalWithOptions(wordsFile, &file, yaml.Strict()); err != nil {
		return w, fmt.Errorf("labs: data/words.yaml: %w", err)
	}
	w = fileWords{specimen: file.Specimen, title: file.Title, before: file.Names.Before, behind: file.Names.Behind, fronts: file.Names.Front, brackets: map[string]bool{}}
	for _, word := range file.Names.Brackets {
		w.brackets[word] = true
	}
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

// saysNothing reports whether brackets of a name say the specimen, which is heard
// otherwise, or how it was measured: "(血清)", "(速率法)".
func (w fileWords) saysNothing(inside string) bool {
	return w.brackets[inside] || strings.HasSuffix(inside, "法") || w.specimenInBrackets(inside) != bot.SpecimenUnknown
}

// specimenIn reads the specimen a name itself states: "尿葡萄糖", "肌酐(尿)",
// "urine protein".
func (w fileWords) specimenIn(name string) bot.Specimen {
	key := nameKey(name)
	switch {
	case strings.HasPrefix(key, "尿") && !strings.HasPrefix(key, "尿素") && !strings.HasPrefix(key, "尿酸"), strings.Contains(key, "urine"), strings.HasPrefix(key, "24h尿"), strings.HasPrefix(key, "24小时尿"):
		return bot.SpecimenUrine
	case strings.HasPrefix(key, "便"), strings.HasPrefix(key, "粪"), strings.HasPrefix(key, "大便"), strings.Contains(key, "stool"), strings.Contains(key, "faecal"), strings.Contains(key, "fecal"):
		return bot.SpecimenStool
	}
	if open, shut := strings.IndexByte(key, '('), strings.LastIndexByte(key, ')'); open > 0 && shut > open {
		return w.specimenInBrackets(key[open+1 : shut])
	}
	return bot.SpecimenUnknown
}

// specimenInBrackets is one other than blood, whose word many names hold.
func (w fileWords) specimenInBrackets(inside string) bot.Specimen {
	if found := firstSpecimen(w.specimen, notUrine.Replace(inside)); found != bot.SpecimenBlood {
		return found
	}
	return bot.SpecimenUnknown
}

// notUrine takes out the substances whose names begin as urine does.
var notUrine = strings.NewReplacer("尿素", "", "尿酸", "")
