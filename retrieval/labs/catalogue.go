// Package labs reads laboratory results and finds them again: parsers of FHIR,
// HL7 v2 and sheets, units and intervals, the analyte catalogue, a patient's results.
package labs

import (
	"slices"

	"careline/bot"
)

// Analyte is one entry of the catalogue: what is measured, in which specimen.
type Analyte struct {
	ID        bot.AnalyteID             `yaml:"id"`
	Section   string                    `yaml:"-"` // the file it stands in: blood_count, liver, urine …
	Specimen  bot.Specimen              `yaml:"specimen"`
	Scale     Scale                     `yaml:"scale"`
	Names     map[bot.Language]string   `yaml:"names"`     // as answers say it
	Aliases   map[bot.Language][]string `yaml:"aliases"`   // as printed on reports and as people say it
	Printed   []string                  `yaml:"printed"`   // names only reports use: in a sentence they mean something else, or nothing
	Units     []Unit                    `yaml:"units"`     // the first is the usual one in China; one without UCUM code where nothing is measured in units
	Interval  *AdultInterval            `yaml:"interval"`  // used where the report prints none
	Variation *Variation                `yaml:"variation"` // nil where no cited value exists
	ByMethod  bool                      `yaml:"by_method"` // methods differ so much that values compare only where both name the same laboratory
	Bare      *Bare                     `yaml:"bare"`
	Critical  *Proposal                 `yaml:"critical"`
}

// Scale is what values of an analyte are.
type Scale string

// The scales; a catalogue entry without one is a quantity.
const (
	ScaleQuantity Scale = "quantity" // a number with a unit
	ScaleOrdinal  Scale = "ordinal"  // 阴性, ±, 1+ …
	ScaleTitre    Scale = "titre"    // 1:80
	ScaleText     Scale = "text"     // a colour, a blood group
)

// Unit is one unit an analyte is reported in, with the LOINC code that goes with it.
type Unit struct {
	UCUM    string   `yaml:"ucum"`
	LOINC   string   `yaml:"loinc"`
	Codes   []string `yaml:"codes"`    // further LOINC codes of the same property in this kind of unit
	Aliases []string `yaml:"aliases"`  // spellings printers use beside the general ones
	Names   []string `yaml:"names"`    // names of the analyte that add the unit's mark: mg/dL of "BUN" is of urea nitrogen
	ToFirst string   `yaml:"to_first"` // decimal factor to the analyte's first unit, "" when it is not a factor
	Plus    string   `yaml:"plus"`     // added after the factor, where the conversion is affine (HbA1c)
	Source  string   `yaml:"source"`   // of a factor that is no pure conversion of units (molar mass, standardisation)
}

// AdultInterval is a reference interval of adults in the first unit, written as
// reports print it ("7-40"), for both sexes or for each.
type AdultInterval struct {
	Any    string `yaml:"any"`
	Female string `yaml:"female"`
	Male   string `yaml:"male"`
	Source string `yaml:"source"` // title, number and year, as an answer names it
}

// Variation is how much a value of a steady person moves, as coefficients of
// variation in percent.
type Variation struct {
	Within     bot.Decimal `yaml:"within"`     // within-subject biological variation
	Analytical bot.Decimal `yaml:"analytical"` // of the measurement; where the source gives none, half of Within, the usual quality goal
	Source     string      `yaml:"source"`
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
	LowOver    string      `yaml:"low_over"` // from where to where the published lists put it
	HighOver   string      `yaml:"high_over"`
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
	printed  map[string][]int // the same for names only reports use
	cues     []cue            // longest first
	others   otherNames
	stated   statedWords
	units    spellings
	wording  unitWords
	ownUnits map[spelling]string    // the analytes' own spellings in canonical form
	spelled  map[spelling]string    // the analyte's spellings as printed
	general  map[string]unitReading // all known ones as printed
	cueWords cueWords
	flags    flagWords
	headers  headerWords

	sheetWords    sheetWords
	intervalWords intervalWords
	scales        scaleWords
	words         fileWords
	releases      map[Release]releaseWords
	decided       map[decidedKey]bot.AnalyteID // by the institution's staff
}

// names are the ways people write an analyte.
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

// basis is the source with the range over the published lists, for who approves.
func (p Proposal) basis() string {
	basis := p.Source
	for _, side := range []struct{ name, over string }{{"low", p.LowOver}, {"high", p.HighOver}} {
		if side.over != "" {
			basis += "; published " + side.name + ": " + side.over
		}
	}
	return basis
}

// CriticalProposals are the critical values a new institution starts with.
func (c *Catalogue) CriticalProposals() []bot.Critical {
	var all []bot.Critical
	for _, a := range c.analytes {
		if p := a.Critical; p != nil {
			all = append(all, bot.Critical{Analyte: a.ID, Specimen: a.Specimen, Low: p.Low, High: p.High, UCUM: a.Units[0].UCUM, Action: p.Action, ValidHours: p.ValidHours, Source: p.basis()})
		}
	}
	return all
}
