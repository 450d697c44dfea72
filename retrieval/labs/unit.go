package labs

import (
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// unitKey is the canonical form of a printed unit: folded, without spaces, one
// sign for powers of ten.
func unitKey(printed string) string {
	return strings.TrimPrefix(unitSigns.Replace(fold.Text(printed)), "x")
}

var unitSigns = strings.NewReplacer(" ", "", "×", "", "^", "", "*", "", "μ", "u", "(", "", ")", "")

// Unit reads a printed unit: the analyte's own spellings, the general ones, a
// spelling put together of known parts, a UCUM code. ucum is "" when none of them
// is known. possible is false when the unit cannot be the analyte's: it is neither
// listed for it nor of the kind of a listed unit. Such a value is kept and shown,
// and not used. No unit at all is possible.
func (c *Catalogue) Unit(a Analyte, printed string) (ucum string, possible bool) {
	if ucum, known := c.spelled[spelling{a.ID, printed}]; known {
		return ucum, true
	}
	if strings.TrimSpace(printed) == "" {
		return "", true
	}
	read, known := c.general[printed]
	if !known {
		read = c.readUnit(printed)
	}
	if ucum, own := c.ownUnits[spelling{a.ID, read.key}]; own && !read.small {
		return ucum, true
	}
	if ucum, possible = c.choose(a, read.meanings); read.guessed && !possible {
		return "", false
	}
	return ucum, possible
}

// unitReading is what a spelling says by itself, whatever is measured.
type unitReading struct {
	key      string
	meanings []string
	guessed  bool
	small    bool
}

func (c *Catalogue) readUnit(printed string) unitReading {
	r := unitReading{key: unitKey(printed), small: c.wording.small(printed)}
	r.meanings, r.guessed = c.wording.meanings(printed)
	return r
}

// choose takes, of what a spelling may mean, the unit listed for the analyte, else
// one of the kind of a listed unit.
func (c *Catalogue) choose(a Analyte, meanings []string) (ucum string, possible bool) {
	for _, m := range meanings {
		if listed(a, m) {
			return m, true
		}
	}
	for _, m := range meanings {
		if len(c.ofKind(a, m)) > 0 {
			return m, true
		}
	}
	if len(meanings) > 0 {
		return meanings[0], false
	}
	return "", listed(a, "")
}

func listed(a Analyte, ucum string) bool {
	return slices.ContainsFunc(a.Units, func(u Unit) bool { return u.UCUM == ucum })
}

// spelling is a unit as it is written for an analyte.
type spelling struct {
	analyte bot.AnalyteID
	printed string
}

// indexUnits works out the spellings of each analyte, in canonical form and exactly
// as printed, and what all known ones say, so that reading a result of a large
// file need not fold its unit.
func (c *Catalogue) indexUnits() {
	c.ownUnits, c.spelled, c.general = map[spelling]string{}, map[spelling]string{}, map[string]unitReading{}
	general := map[string]bool{}
	for _, printed := range c.wording.printed {
		addVariants(general, printed)
	}
	for printed := range general {
		c.general[printed] = c.readUnit(printed)
	}
	for _, a := range c.analytes {
		for _, u := range a.Units {
			c.wording.learn(u.UCUM)
		}
		own := map[string]bool{}
		for _, u := range a.Units {
			for _, printed := range append(slices.Clone(u.Aliases), u.UCUM) {
				if at := (spelling{a.ID, unitKey(printed)}); c.ownUnits[at] == "" && u.UCUM != "" {
					c.ownUnits[at] = u.UCUM
				}
				addVariants(own, printed)
			}
		}
		for printed := range own {
			if ucum := c.ownUnits[spelling{a.ID, unitKey(printed)}]; ucum != "" && !c.wording.small(printed) {
				c.spelled[spelling{a.ID, printed}] = ucum
			}
		}
	}
}

// addVariants adds a spelling with a small litre and with either letter for micro.
func addVariants(all map[string]bool, printed string) {
	for _, v := range []string{printed, strings.ReplaceAll(printed, "L", "l")} {
		all[v] = true
		all[strings.ReplaceAll(v, "u", "µ")] = true
		all[strings.ReplaceAll(v, "u", "μ")] = true
	}
}
