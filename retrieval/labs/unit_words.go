package labs

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"careline/bot/fold"
	"careline/retrieval/labs/ucum"
)

//go:embed data/units.yaml
var unitsFile []byte

// spellings map a printed unit in canonical form to its UCUM code.
type spellings map[string]string

// unitWords is how units are printed, whoever is measured.
type unitWords struct {
	first   spellings           // whole spellings by key, with what each means first of all
	whole   map[string][]string // whole spellings by key, with all they may mean
	capital map[string]bool     // keys of spellings that mean something else in small letters
	parts   map[string][]string // parts of spellings by key
	marks   map[string]unitMark
	remarks map[string]bool
	plain   []string             // annotations that do not change what is counted
	printed []string             // the whole spellings as the file writes them
	known   map[string]knownUnit // the codes of the file and of the catalogue
}

// unitMark is what is measured, printed with the unit.
type unitMark struct {
	annotation string
	onFirst    bool // it belongs to the first part, else to the one before it
}

// unitEntry is one code with its spellings in the data file.
type unitEntry struct {
	UCUM    string   `yaml:"ucum"`
	Printed []string `yaml:"printed"`
	Also    []string `yaml:"also"`
	Capital []string `yaml:"capital"`
}

// partEntry is one part of spellings in the data file.
type partEntry struct {
	UCUM     []string `yaml:"ucum"`
	Printed  []string `yaml:"printed"`
	Prefixes []string `yaml:"prefixes"`
}

type unitsYAML struct {
	Units    []unitEntry `yaml:"units"`
	Parts    []partEntry `yaml:"parts"`
	Prefixes []unitEntry `yaml:"prefixes"`
	Marks    []struct {
		Annotation string   `yaml:"annotation"`
		Printed    []string `yaml:"printed"`
		On         string   `yaml:"on"`
	} `yaml:"marks"`
	Remarks []string `yaml:"remarks"`
	Plain   []string `yaml:"plain"`
}

func loadUnitWords() (unitWords, error) {
	var file unitsYAML
	if err := yaml.UnmarshalWithOptions(unitsFile, &file, yaml.Strict()); err != nil {
		return unitWords{}, fmt.Errorf("labs: data/units.yaml: %w", err)
	}
	w := unitWords{
		first: spellings{}, whole: map[string][]string{}, capital: map[string]bool{}, parts: map[string][]string{}, marks: map[string]unitMark{}, remarks: map[string]bool{},
		plain: file.Plain, known: map[string]knownUnit{},
	}
	if err := w.addWhole(file.Units); err != nil {
		return unitWords{}, fmt.Errorf("labs: data/units.yaml: %w", err)
	}
	w.addParts(file)
	for _, m := range file.Marks {
		for _, printed := range m.Printed {
			w.marks[printed] = unitMark{annotation: m.Annotation, onFirst: m.On == "first"}
		}
	}
	for _, remark := range file.Remarks {
		w.remarks[fold.Text(remark)] = true
	}
	return w, nil
}

func (w *unitWords) addWhole(units []unitEntry) error {
	for _, u := range units {
		if _, err := ucum.Parse(u.UCUM); err != nil {
			return fmt.Errorf("%s: %w", u.UCUM, err)
		}
		w.learn(u.UCUM)
		for _, printed := range append(slices.Clone(u.Printed), u.UCUM) {
			key := unitKey(printed)
			if other, twice := w.first[key]; twice && other != u.UCUM && printed != u.UCUM {
				return fmt.Errorf("%q is both %s and %s", printed, other, u.UCUM)
			} else if !twice {
				w.first[key] = u.UCUM
			}
			w.printed = append(w.printed, printed)
		}
	}
	for key, code := range w.first {
		w.whole[key] = []string{code}
	}
	for _, u := range units {
		for _, printed := range u.Capital {
			w.capital[unitKey(printed)] = true
		}
		for _, printed := range slices.Concat(u.Also, u.Capital, []string{u.UCUM}) {
			if key := unitKey(printed); !slices.Contains(w.whole[key], u.UCUM) {
				w.whole[key] = append(w.whole[key], u.UCUM)
			}
			w.printed = append(w.printed, printed)
		}
	}
	return nil
}

func (w *unitWords) addParts(file unitsYAML) {
	add := func(key, code string) {
		if !slices.Contains(w.parts[key], code) {
			w.parts[key] = append(w.parts[key], code)
		}
	}
	for _, part := range file.Parts {
		for _, printed := range part.Printed {
			for _, code := range part.UCUM {
				add(printed, code)
				for _, prefix := range file.Prefixes {
					for _, before := range prefix.Printed {
						if slices.Contains(part.Prefixes, prefix.UCUM) {
							add(before+printed, prefix.UCUM+code)
						}
					}
				}
			}
		}
	}
}
