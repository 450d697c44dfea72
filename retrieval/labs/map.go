package labs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// wanted is what a file says of an item, by which it is looked up.
type wanted struct {
	name, code string
	specimen   bot.Specimen // "" when nothing says it
	unit       string       // as printed
}

// Map finds the analyte of a printed name, a LOINC code ("" if none) and the
// specimen as far as it is known: by code, else by name or alias in canonical
// form. It never crosses specimens, and a name known to be something else's ends
// the search; ok is false when nothing fits.
func (c *Catalogue) Map(name, loinc string, specimen bot.Specimen) (a Analyte, ok bool) {
	return c.find(wanted{name: name, code: loinc, specimen: specimen})
}

func (c *Catalogue) find(p wanted) (Analyte, bool) {
	if i, found := c.byCode[p.code]; found && p.code != "" {
		return c.fit(i, p.specimen)
	}
	if p.specimen == bot.SpecimenUnknown {
		p.specimen = specimenIn(p.name)
	}
	if id, decided := c.decision(p); decided {
		i, known := c.byID[id]
		if !known {
			return Analyte{}, false
		}
		return c.fit(i, p.specimen)
	}
	for _, key := range c.keysOf(p) {
		if i := c.only(key, p); i >= 0 {
			return c.analytes[i], true
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

// only is the one entry with a name, -1 when it cannot be told. Where nothing says
// the specimen, the unit may: one that only one of them has. Failing that a
// quantity is the one in blood, whose name needs no specimen, and a name without a
// unit is the one people use it for: "白细胞" alone is of blood, "pH" is nobody's.
func (c *Catalogue) only(key string, p wanted) int {
	sharing := slices.Compact(slices.Sorted(slices.Values(slices.Concat(c.byName[key], c.printed[key]))))
	if p.specimen != bot.SpecimenUnknown {
		return single(c.where(sharing, func(a Analyte) bool { return a.Specimen == p.specimen }))
	}
	switch {
	case len(sharing) < 2:
		return single(sharing)
	case strings.TrimSpace(p.unit) == "":
		return single(c.byName[key])
	}
	sharing = c.where(sharing, func(a Analyte) bool { return c.lists(a, p.unit) })
	if len(sharing) > 1 {
		sharing = c.where(sharing, func(a Analyte) bool { return a.Specimen == bot.SpecimenBlood && a.Scale == ScaleQuantity })
	}
	return single(sharing)
}

func single(entries []int) int {
	if len(entries) != 1 {
		return -1
	}
	return entries[0]
}

func (c *Catalogue) where(entries []int, is func(Analyte) bool) []int {
	return slices.DeleteFunc(slices.Clone(entries), func(i int) bool { return !is(c.analytes[i]) })
}

// lists reports whether a printed unit is one the analyte is reported in, as the
// catalogue lists it.
func (c *Catalogue) lists(a Analyte, unit string) bool {
	ucum, possible := c.Unit(a, unit)
	return possible && slices.ContainsFunc(a.Units, func(u Unit) bool { return u.UCUM == ucum })
}

// nameKey is the canonical form of a printed name: folded, without spaces and
// the marks printers put around names.
func nameKey(name string) string { return aroundNames.Replace(fold.Text(name)) }

var aroundNames = strings.NewReplacer(" ", "", "*", "", "★", "", "▲", "", "△", "", "☆", "")

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

// keysOf are the name's keys, then the same without the words that only say the
// specimen or the procedure, and in urine and stool those with the specimen's
// word in front: "葡萄糖" of a urine report is "尿葡萄糖".
func (c *Catalogue) keysOf(p wanted) []string {
	keys := nameKeys(p.name)
	for _, key := range keys {
		if bare := c.words.bare(key); bare != key && bare != "" {
			keys = append(keys, bare)
		}
	}
	for _, front := range c.words.fronts[p.specimen] {
		for _, key := range keys {
			if !strings.HasPrefix(key, front) {
				keys = append(keys, front+key)
			}
		}
	}
	return keys
}

// specimenIn reads the specimen a name itself states: "尿葡萄糖", "urine protein".
func specimenIn(name string) bot.Specimen {
	key := nameKey(name)
	switch {
	case strings.HasPrefix(key, "尿") && !strings.HasPrefix(key, "尿素") && !strings.HasPrefix(key, "尿酸"), strings.Contains(key, "urine"), strings.HasPrefix(key, "24h尿"), strings.HasPrefix(key, "24小时尿"):
		return bot.SpecimenUrine
	case strings.HasPrefix(key, "便"), strings.HasPrefix(key, "粪"), strings.HasPrefix(key, "大便"), strings.Contains(key, "stool"), strings.Contains(key, "faecal"), strings.Contains(key, "fecal"):
		return bot.SpecimenStool
	}
	return bot.SpecimenUnknown
}

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
