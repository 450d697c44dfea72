package labs

// FirstMeaning is what a printed unit means where no analyte is known, "" if nothing.
func (c *Catalogue) FirstMeaning(printed string) string {
	if all, guessed := c.wording.meanings(printed); len(all) > 0 && !guessed {
		return all[0]
	}
	return ""
}

// CodeFitsUnit opens codeFitsUnit to its tests.
func (c *Catalogue) CodeFitsUnit(a Analyte, loinc, ucum string) bool {
	return c.codeFitsUnit(a, loinc, ucum)
}

// SpellingsAgree opens agree to its tests.
func (c *Catalogue) SpellingsAgree(a, b string) bool { return c.wording.agree(a, b) }
