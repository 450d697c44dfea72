package labs

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed data/other_names.yaml
var otherNamesFile []byte

// otherNames are names in which an analyte's name does not mean the analyte.
type otherNames struct {
	names     []string
	keys      map[string]bool
	before    wordList // specimens that stand before a name
	behind    wordList
	complaint []string // words that end in a specimen's name
}

func loadOtherNames() (otherNames, error) {
	var file struct {
		Names     wordList `yaml:"names"`
		Specimens struct {
			Before wordList `yaml:"before"`
			Not    wordList `yaml:"not"`
			Behind wordList `yaml:"behind"`
		} `yaml:"specimens"`
	}
	if err := yaml.UnmarshalWithOptions(otherNamesFile, &file, yaml.Strict()); err != nil {
		return otherNames{}, fmt.Errorf("labs: data/other_names.yaml: %w", err)
	}
	o := otherNames{keys: map[string]bool{}, before: file.Specimens.Before, behind: file.Specimens.Behind, complaint: file.Specimens.Not.Chinese}
	o.names = append(slices.Clone(file.Names.Chinese), file.Names.English...)
	for _, name := range o.names {
		o.keys[nameKey(name)] = true
	}
	return o, nil
}

// has reports whether a canonical name is something else's.
func (o otherNames) has(key string) bool { return o.keys[key] }

// bloodWord begins names that say their specimen themselves, whatever stands
// before them: "少尿血钾7.1".
const bloodWord = "血"

// ofAnotherSpecimen reports whether the words around a name say that it was not
// measured in blood: "尿白细胞", "urine glucose", "white cells in my urine".
func (o otherNames) ofAnotherSpecimen(canonical string, at span) bool {
	before, name, behind := strings.TrimRight(canonical[:at.start], " "), canonical[at.start:at.end], canonical[at.end:]
	if strings.HasPrefix(name, bloodWord) {
		return false
	}
	ends := func(word string) bool { return strings.HasSuffix(before, word) }
	if slices.ContainsFunc(o.before.Chinese, ends) && !slices.ContainsFunc(o.complaint, ends) {
		return true
	}
	for _, word := range o.before.English {
		if ends(word) && wholeWord(before, span{len(before) - len(word), len(before)}) {
			return true
		}
	}
	return o.inAnotherSpecimen(behind)
}

// inAnotherSpecimen reports whether a text goes on with a specimen: " in my urine".
func (o otherNames) inAnotherSpecimen(rest string) bool {
	return slices.ContainsFunc(o.behind.English, func(words string) bool { return strings.HasPrefix(rest, " "+words) })
}
