// Package labs reads laboratory results and finds them again: parsers of FHIR
// and CSV, units and intervals, the analyte catalogue, a patient's results.
package labs

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

//go:embed data/analytes.yaml
var analytesFile []byte

// Analyte is one entry of the catalogue: what is measured, in which specimen.
type Analyte struct {
	ID       bot.AnalyteID             `yaml:"id"`
	Specimen bot.Specimen              `yaml:"specimen"`
	Names    map[bot.Language]string   `yaml:"names"`   // as answers say it
	Aliases  map[bot.Language][]string `yaml:"aliases"` // as printed on reports and as people say it
	Units    []Unit                    `yaml:"units"`   // the first is the usual one in China
	Bare     *Bare                     `yaml:"bare"`
	Critical *Proposal                 `yaml:"critical"`
}

// Unit is one unit an analyte is reported in, with the LOINC code that goes with it.
type Unit struct {
	UCUM    string   `yaml:"ucum"`
	LOINC   string   `yaml:"loinc"`
	Aliases []string `yaml:"aliases"`  // spellings printers use beside the general ones
	ToFirst string   `yaml:"to_first"` // decimal factor to the analyte's first unit, "" when it is not a factor
}

// Bare reads a number people state without a unit. Beyond what the first unit can
// be in a living person, it is in the other unit in use: "hemoglobin 13".
type Bare struct {
	Below   bot.Decimal `yaml:"below"`
	Above   bot.Decimal `yaml:"above"`
	ToFirst bot.Decimal `yaml:"to_first"` // factor to the analyte's first unit
	Said    []string    `yaml:"said"`     // what people say in place of the whole unit
}

// Proposal are critical values nobody has approved yet, in the first unit.
type Proposal struct {
	Low        bot.Decimal `yaml:"low"`
	High       bot.Decimal `yaml:"high"`
	Action     bot.Tier    `yaml:"action"`
	ValidHours int         `yaml:"valid_hours"`
	Source     string      `yaml:"source"`
}

// Group is a word for several analytes: "血脂", "liver function".
type Group struct {
	Chinese  []string        `yaml:"zh"`
	English  []string        `yaml:"en"`
	Analytes []bot.AnalyteID `yaml:"analytes"`
}

// Catalogue is every analyte with the ways it is written. It is read-only.
type Catalogue struct {
	analytes []Analyte
	groups   []Group
	byID     map[bot.AnalyteID]int
	byCode   map[string]int
	byName   map[string][]int // canonical name to entries; more than one where specimens share a name
	cues     []cue            // longest first
	others   otherNames
	stated   statedWords
	units    spellings
	cueWords cueWords
	flags    flagWords
	headers  headerWords
}

// LoadCatalogue reads the embedded catalogue.
func LoadCatalogue() (*Catalogue, error) {
	var file struct {
		Analytes []Analyte `yaml:"analytes"`
		Groups   []Group   `yaml:"groups"`
	}
	if err := yaml.UnmarshalWithOptions(analytesFile, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("labs: data/analytes.yaml: %w", err)
	}
	c := &Catalogue{analytes: file.Analytes, groups: file.Groups, byID: map[bot.AnalyteID]int{}, byCode: map[string]int{}, byName: map[string][]int{}}
	for i, a := range c.analytes {
		if err := c.add(i, a); err != nil {
			return nil, fmt.Errorf("labs: data/analytes.yaml: %s: %w", a.ID, err)
		}
	}
	for _, g := range c.groups {
		for _, id := range g.Analytes {
			if _, ok := c.byID[id]; !ok {
				return nil, fmt.Errorf("labs: data/analytes.yaml: a group names %q, which is not an analyte", id)
			}
		}
	}
	var err error
	if c.units, err = loadSpellings(); err != nil {
		return nil, err
	}
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
	c.cues = c.collectCues()
	return c, nil
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
		if u.LOINC != "" {
			c.byCode[u.LOINC] = i
		}
	}
	for _, name := range c.names(a) {
		key := nameKey(name)
		if !slices.Contains(c.byName[key], i) {
			c.byName[key] = append(c.byName[key], i)
		}
	}
	return nil
}

// names are every way an analyte is written.
func (c *Catalogue) names(a Analyte) []string {
	var all []string
	for _, language := range []bot.Language{bot.Chinese, bot.English} {
		all = append(append(all, a.Names[language]), a.Aliases[language]...)
	}
	return all
}

// All are the analytes in the catalogue's order.
func (c *Catalogue) All() []Analyte { return slices.Clone(c.analytes) }

// Analyte is the entry of an id.
func (c *Catalogue) Analyte(id bot.AnalyteID) (Analyte, bool) {
	i, ok := c.byID[id]
	if !ok {
		return Analyte{}, false
	}
	return c.analytes[i], true
}

// Synonyms are the groups of words that mean the same: one for each analyte and
// each group, for the built-in embedder.
func (c *Catalogue) Synonyms() [][]string {
	var all [][]string
	for _, a := range c.analytes {
		all = append(all, c.names(a))
	}
	for _, g := range c.groups {
		all = append(all, append(slices.Clone(g.Chinese), g.English...))
	}
	return all
}

// CriticalProposals are the critical values a new institution starts with.
func (c *Catalogue) CriticalProposals() []bot.Critical {
	var all []bot.Critical
	for _, a := range c.analytes {
		if p := a.Critical; p != nil {
			all = append(all, bot.Critical{Analyte: a.ID, Specimen: a.Specimen, Low: p.Low, High: p.High, UCUM: a.Units[0].UCUM, Action: p.Action, ValidHours: p.ValidHours, Source: p.Source})
		}
	}
	return all
}

// Map finds the analyte of a printed name, a LOINC code ("" if none) and the
// specimen as far as it is known: by code, else by name or alias in canonical
// form. It never crosses specimens, and a name known to be something else's ends
// the search; ok is false when nothing fits.
func (c *Catalogue) Map(name, loinc string, specimen bot.Specimen) (a Analyte, ok bool) {
	if i, found := c.byCode[loinc]; found && loinc != "" {
		return c.fit(i, specimen)
	}
	if specimen == bot.SpecimenUnknown {
		specimen = specimenIn(name)
	}
	for _, key := range nameKeys(name) {
		if found := c.byName[key]; len(found) == 1 {
			return c.fit(found[0], specimen)
		}
		if c.others.has(key) {
			break // "血小板压积(PCT)" is not procalcitonin
		}
	}
	return Analyte{}, false
}

func (c *Catalogue) fit(i int, specimen bot.Specimen) (Analyte, bool) {
	a := c.analytes[i]
	if specimen != bot.SpecimenUnknown && specimen != a.Specimen {
		return Analyte{}, false
	}
	return a, true
}

// nameKey is the canonical form of a printed name: folded, without spaces and
// the marks printers put around names.
func nameKey(name string) string { return aroundNames.Replace(fold.Text(name)) }

var aroundNames = strings.NewReplacer(" ", "", "*", "", "★", "", "▲", "", "△", "")

// nameKeys are the forms a printed name is looked up by: whole, without its
// brackets, and what stands in the brackets.
func nameKeys(name string) []string {
	whole := nameKey(name)
	keys := []string{whole}
	open, shut := strings.IndexByte(whole, '('), strings.LastIndexByte(whole, ')')
	if open >= 0 && shut > open {
		keys = append(keys, whole[:open]+whole[shut+1:], whole[open+1:shut])
	}
	return keys
}

// specimenIn reads the specimen a name itself states: "尿葡萄糖", "urine protein".
func specimenIn(name string) bot.Specimen {
	key := nameKey(name)
	switch {
	case strings.HasPrefix(key, "尿") && !strings.HasPrefix(key, "尿素") && !strings.HasPrefix(key, "尿酸"), strings.Contains(key, "urine"), strings.HasPrefix(key, "24h尿"):
		return bot.SpecimenUrine
	case strings.HasPrefix(key, "便"), strings.HasPrefix(key, "粪"), strings.HasPrefix(key, "大便"), strings.Contains(key, "stool"), strings.Contains(key, "faecal"), strings.Contains(key, "fecal"):
		return bot.SpecimenStool
	}
	return bot.SpecimenUnknown
}
