package labs

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot/fold"
)

//go:embed data/units.yaml
var unitsFile []byte

// spellings map a printed unit in canonical form to its UCUM code.
type spellings map[string]string

func loadSpellings() (spellings, error) {
	var file struct {
		Units []struct {
			UCUM    string   `yaml:"ucum"`
			Printed []string `yaml:"printed"`
		} `yaml:"units"`
	}
	if err := yaml.UnmarshalWithOptions(unitsFile, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("labs: data/units.yaml: %w", err)
	}
	all := spellings{}
	for _, u := range file.Units {
		for _, printed := range append(u.Printed, u.UCUM) {
			key := unitKey(printed)
			if other, twice := all[key]; twice && other != u.UCUM {
				return nil, fmt.Errorf("labs: data/units.yaml: %q is both %s and %s", printed, other, u.UCUM)
			}
			all[key] = u.UCUM
		}
	}
	return all, nil
}

// unitKey is the canonical form of a printed unit: folded, without spaces, one
// sign for powers of ten.
func unitKey(printed string) string {
	return strings.TrimPrefix(unitSigns.Replace(fold.Text(printed)), "x")
}

var unitSigns = strings.NewReplacer(" ", "", "×", "", "^", "", "*", "", "μ", "u", "(", "", ")", "")

// Unit reads a printed unit. ucum is "" when the spelling is not known; possible
// is false when the unit cannot be the analyte's: such a value is kept and shown,
// and not used. No unit at all is possible.
func (c *Catalogue) Unit(a Analyte, printed string) (ucum string, possible bool) {
	if strings.TrimSpace(printed) == "" {
		return "", true
	}
	key := unitKey(printed)
	for _, u := range a.Units {
		for _, alias := range u.Aliases {
			if unitKey(alias) == key {
				return u.UCUM, true
			}
		}
	}
	ucum = c.units[key]
	for _, u := range a.Units {
		if ucum != "" && u.UCUM == ucum || key == unitKey(u.UCUM) {
			return u.UCUM, true
		}
	}
	return ucum, false
}
