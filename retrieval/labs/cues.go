package labs

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed data/cues.yaml
var cuesFile []byte

// cueWords are the words of data/cues.yaml.
type cueWords struct {
	Flagged  wordList `yaml:"flagged"`
	Report   wordList `yaml:"report"`
	Previous wordList `yaml:"previous"`
}

type wordList struct {
	Chinese []string `yaml:"zh"`
	English []string `yaml:"en"`
}

func loadCues() (cueWords, error) {
	var w cueWords
	if err := yaml.UnmarshalWithOptions(cuesFile, &w, yaml.Strict()); err != nil {
		return w, fmt.Errorf("labs: data/cues.yaml: %w", err)
	}
	return w, nil
}

// in reports whether canonical text holds one of the words: Chinese anywhere,
// English as whole words.
func (l wordList) in(canonical string) bool {
	for _, word := range l.Chinese {
		if strings.Contains(canonical, word) {
			return true
		}
	}
	for _, word := range l.English {
		for from := 0; ; {
			i := strings.Index(canonical[from:], word)
			if i < 0 {
				break
			}
			at := span{from + i, from + i + len(word)}
			if wholeWord(canonical, at) {
				return true
			}
			from = at.end
		}
	}
	return false
}
