package labs

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

//go:embed data/analytes/*.yaml data/groups.yaml
var catalogueFiles embed.FS

// LoadCatalogue reads the embedded catalogue.
func LoadCatalogue() (*Catalogue, error) {
	c := &Catalogue{byID: map[bot.AnalyteID]int{}, byCode: map[string]int{}, byName: map[string][]int{}, printed: map[string][]int{}}
	if err := c.readAnalytes(); err != nil {
		return nil, err
	}
	if err := c.readGroups(); err != nil {
		return nil, err
	}
	var err error
	if c.wording, err = loadUnitWords(); err != nil {
		return nil, err
	}
	c.units = c.wording.first
	c.indexUnits()
	if c.cueWords, err = loadCues(); err != nil {
		return nil, err
	}
	if c.others, err = loadOtherNames(); err != nil {
		return nil, err
	}
	if c.stated, err = loadStatedWords(); err != nil {
		return nil, err
	}
	if c.flags, err = loadFlags(); err != nil {
		return nil, err
	}
	if c.headers, err = loadHeaders(); err != nil {
		return nil, err
	}
	if c.intervalWords, err = loadIntervalWords(); err != nil {
		return nil, err
	}
	if c.scales, err = loadScales(); err != nil {
		return nil, err
	}
	if c.words, err = loadFileWords(); err != nil {
		return nil, err
	}
	if c.sheetWords, err = loadSheetWords(); err != nil {
		return nil, err
	}
	if c.releases, err = loadReleases(); err != nil {
		return nil, err
	}
	c.cues = c.collectCues()
	return c, nil
}

// readAnalytes reads the files of analytes in the order of their names.
func (c *Catalogue) readAnalytes() error {
	names, err := fs.Glob(catalogueFiles, "data/analytes/*.yaml")
	if err != nil {
		return fmt.Errorf("labs: catalogue: %w", err)
	}
	for _, name := range names {
		var file struct {
			Analytes []Analyte `yaml:"analytes"`
		}
		if err := readYAML(name, &file); err != nil {
			return err
		}
		for _, a := range file.Analytes {
			a.Section = strings.TrimSuffix(path.Base(name), ".yaml")
			if a.Scale == "" {
				a.Scale = ScaleQuantity
			}
			if err := c.add(len(c.analytes), a); err != nil {
				return fmt.Errorf("labs: %s: %s: %w", name, a.ID, err)
			}
			c.analytes = append(c.analytes, a)
		}
	}
	return nil
}

func (c *Catalogue) readGroups() error {
	var file struct {
		Groups []Group `yaml:"groups"`
	}
	if err := readYAML("data/groups.yaml", &file); err != nil {
		return err
	}
	c.groups = file.Groups
	for _, g := range c.groups {
		for _, id := range g.Analytes {
			if _, ok := c.byID[id]; !ok {
				return fmt.Errorf("labs: data/groups.yaml: a group names %q, which is not an analyte", id)
			}
		}
	}
	return nil
}

func readYAML(name string, into any) error {
	raw, err := catalogueFiles.ReadFile(name)
	if err != nil {
		return fmt.Errorf("labs: %s: %w", name, err)
	}
	if err := yaml.UnmarshalWithOptions(raw, into, yaml.Strict()); err != nil {
		return fmt.Errorf("labs: %s: %w", name, err)
	}
	return nil
}

func (c *Catalogue) add(i int, a Analyte) error {
	switch _, twice := c.byID[a.ID]; {
	case twice:
		return fmt.Errorf("stands twice")
	case a.Names[bot.Chinese] == "" || a.Names[bot.English] == "" || len(a.Units) == 0 || a.Specimen == "":
		return fmt.Errorf("needs names in both languages, a specimen and a unit")
	case a.Bare != nil && (!a.Bare.ToFirst.Valid() || a.Bare.Below.Valid() == a.Bare.Above.Valid()):
		return fmt.Errorf("a number without a unit needs one bound and a factor")
	case a.Critical != nil && (a.Critical.Source == "" || a.Critical.ValidHours <= 0):
		return fmt.Errorf("a critical value needs its source and validity")
	}
	c.byID[a.ID] = i
	for _, u := range a.Units {
		for _, code := range append(slices.Clone(u.Codes), u.LOINC) {
			if other, twice := c.byCode[code]; twice && other != i {
				return fmt.Errorf("its code %s is another analyte's", code)
			}
			if code != "" {
				c.byCode[code] = i
			}
		}
	}
	index(c.byName, c.names(a), i)
	index(c.printed, a.Printed, i)
	return nil
}

// index enters an analyte under the canonical forms of its names.
func index(entries map[string][]int, names []string, i int) {
	for _, name := range names {
		key := nameKey(name)
		if !slices.Contains(entries[key], i) {
			entries[key] = append(entries[key], i)
		}
	}
}
