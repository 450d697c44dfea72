package labs

import (
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
	worded     bool         // the value is a word of a scale: "阴性", "1+"
}

// Map finds the analyte of a printed name, a LOINC code ("" if none) and the
// specimen as far as it is known: by code, else by name or alias in canonical
// form. It never crosses specimens, and a name known to be something else's ends
// the search; ok is false when nothing fits.
func (c *Catalogue) Map(name, loinc string, specimen bot.Specimen) (a Analyte, ok bool) {
	return c.find(wanted{name: name, code: loinc, specimen: specimen})
}

func (c *Catalogue) find(p wanted) (Analyte, bool) {
	i, coded := c.byCode[p.code]
	if coded = coded && p.code != ""; coded && !c.namedOtherwise(i, p) {
		return c.fit(i, p.specimen)
	}
	if p.specimen == bot.SpecimenUnknown {
		p.specimen = c.words.specimenIn(p.name)
	}
	if id, decided := c.decision(p); decided {
		i, known := c.byID[id]
		if !known {
			return Analyte{}, false
		}
		return c.fit(i, p.specimen)
	}
	if coded {
		return Analyte{}, false // "钠" with potassium's code is neither
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

// namedOtherwise reports whether the name is another analyte's than the code's, in
// the code's specimen.
func (c *Catalogue) namedOtherwise(i int, p wanted) bool {
	p.specimen = c.analytes[i].Specimen
	otherwise := false
	for _, key := range c.keysOf(p) {
		sharing := c.where(c.sharing(key), func(a Analyte) bool { return a.Specimen == p.specimen })
		if slices.Contains(sharing, i) {
			return false
		}
		otherwise = otherwise || len(sharing) > 0
	}
	return otherwise
}

func (c *Catalogue) fit(i int, specimen bot.Specimen) (Analyte, bool) {
	a := c.analytes[i]
	if specimen != bot.SpecimenUnknown && specimen != a.Specimen {
		return Analyte{}, false
	}
	return a, true
}

// only is the one entry with a name, -1 when it cannot be told. Where several share
// it, the unit or a value in words may say which: "白细胞" alone is of blood, "pH" is
// nobody's.
func (c *Catalogue) only(key string, p wanted) int {
	sharing := c.sharing(key)
	if p.specimen != bot.SpecimenUnknown {
		sharing = c.where(sharing, func(a Analyte) bool { return a.Specimen == p.specimen })
	}
	if p.worded {
		if scaled := c.where(sharing, func(a Analyte) bool { return a.Scale != ScaleQuantity }); len(scaled) > 0 {
			sharing = scaled
		}
	}
	switch {
	case len(sharing) < 2:
		return c.unlessElsewhere(single(sharing), key, p)
	case strings.TrimSpace(p.unit) == "":
		return c.unitless(key, sharing, p)
	}
	return c.unlessElsewhere(c.byUnit(sharing, p), key, p)
}

// unitless is the entry of a shared name whose value has no unit: the one people
// use the name for, unless another of its specimen has the name too.
func (c *Catalogue) unitless(key string, sharing []int, p wanted) int {
	i := single(c.where(c.byName[key], func(a Analyte) bool { return slices.Contains(sharing, c.byID[a.ID]) }))
	if i < 0 || p.worded || len(c.where(sharing, func(a Analyte) bool { return a.Specimen == c.analytes[i].Specimen })) > 1 {
		return -1
	}
	return i
}

// byUnit is the entry of a shared name that is reported in the unit. Where the
// specimen is not known a quantity in blood comes first, whose name needs none.
func (c *Catalogue) byUnit(sharing []int, p wanted) int {
	listed := c.where(sharing, func(a Analyte) bool { return c.lists(a, p.unit) })
	if len(listed) > 1 && p.specimen == bot.SpecimenUnknown {
		listed = c.where(listed, func(a Analyte) bool { return a.Specimen == bot.SpecimenBlood && a.Scale == ScaleQuantity })
	}
	return single(listed)
}

// unlessElsewhere is an entry of another specimen than blood only where nothing
// else is called so when the specimen is not known: "白细胞 2+" is of urine or stool,
// and a concentration of "酮体" is measured in blood too.
func (c *Catalogue) unlessElsewhere(i int, key string, p wanted) int {
	if i < 0 || p.specimen != bot.SpecimenUnknown || c.analytes[i].Specimen == bot.SpecimenBlood || slices.Contains(c.byName[key], i) {
		return i
	}
	for specimen, fronts := range c.words.fronts {
		for _, front := range append([]string{""}, fronts...) {
			called := c.where(c.sharing(front+key), func(a Analyte) bool { return a.Specimen == specimen && specimen != c.analytes[i].Specimen })
			if len(called) > 0 {
				return -1
			}
		}
	}
	if ucum, _ := c.Unit(c.analytes[i], p.unit); !p.worded && c.concentration(ucum) {
		return -1
	}
	return i
}

// concentration reports whether a unit is one of mass or substance in a volume.
func (c *Catalogue) concentration(ucum string) bool {
	kind, known := c.wording.kind(ucum)
	mass, _ := c.wording.kind("g/L")
	amount, _ := c.wording.kind("mol/L")
	return known && (kind.quantity == mass.quantity || kind.quantity == amount.quantity)
}

// sharing are the entries with a name.
func (c *Catalogue) sharing(key string) []int {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(c.byName[key], c.printed[key]))))
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

// mayDrop reports whether a name means the same without its brackets: they hold
// another of its names, a specimen, or a word that says nothing of the analyte. What
// else they hold may change what is measured: "葡萄糖(餐后1小时)", "钾(透析前)".
func (c *Catalogue) mayDrop(outside, inside string) bool {
	named := c.sharing(outside)
	if len(named) == 0 {
		named = c.sharing(c.words.bare(outside))
	}
	if len(named) == 0 || inside == "" || c.words.saysNothing(inside) || len(c.sharing(inside)) > 0 {
		return true
	}
	for part := range strings.FieldsFuncSeq(inside, func(r rune) bool { return strings.ContainsRune("/-,、;+()", r) }) {
		if slices.ContainsFunc(c.sharing(part), func(i int) bool { return slices.Contains(named, i) }) {
			return true
		}
	}
	return false
}

// keysOf are the name's keys, then the same without the words that only say the
// specimen or the procedure, and in urine and stool those with the specimen's
// word in front: "葡萄糖" of a urine report is "尿葡萄糖".
func (c *Catalogue) keysOf(p wanted) []string {
	keys := nameKeys(p.name)
	if len(keys) == 3 && !c.mayDrop(keys[1], keys[2]) {
		keys = keys[:1]
	}
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
