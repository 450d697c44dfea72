package labs

import (
	"fmt"
	"maps"

	"careline/bot"
)

// decidedKey is a name a person has decided on.
type decidedKey struct {
	name     string
	specimen bot.Specimen
}

// With is the catalogue with an institution's decisions on names it does not
// know. A decision for no analyte leaves the name as printed for good; one for an
// analyte the catalogue lost is an error.
func (c *Catalogue) With(decisions []bot.NameDecision) (*Catalogue, error) {
	of := *c
	of.decided = maps.Clone(c.decided)
	if of.decided == nil {
		of.decided = map[decidedKey]bot.AnalyteID{}
	}
	for _, d := range decisions {
		if _, known := c.byID[d.Analyte]; !known && d.Analyte != "" {
			return nil, fmt.Errorf("labs: a name is decided to be %q, which is not an analyte", d.Analyte)
		}
		of.decided[decidedKey{nameKey(d.Name), d.Specimen}] = d.Analyte
	}
	return &of, nil
}

// decision is what a person decided of a name in its specimen, else of the name
// wherever it stands.
func (c *Catalogue) decision(p wanted) (bot.AnalyteID, bool) {
	if len(c.decided) == 0 {
		return "", false
	}
	id, decided := c.decided[decidedKey{nameKey(p.name), p.specimen}]
	if !decided {
		id, decided = c.decided[decidedKey{nameKey(p.name), bot.SpecimenUnknown}]
	}
	return id, decided
}
