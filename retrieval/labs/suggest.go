package labs

import (
	"cmp"
	"slices"
	"strings"

	"careline/bot"
)

// Suggestion is an analyte a person may mean an unknown name to be.
type Suggestion struct {
	Analyte  bot.AnalyteID
	Likeness float64 // 0 to 1: the share of pairs of letters both names have
}

const (
	mostSuggestions = 3
	// Below this likeness names share letters by chance.
	likeEnough = 0.34
)

// Suggest proposes analytes for a name the catalogue does not know, the likest
// first: for a person to decide on, never used by itself. Only analytes of the
// specimen are proposed where it is known.
func (c *Catalogue) Suggest(name string, specimen bot.Specimen) []Suggestion {
	if specimen == bot.SpecimenUnknown {
		specimen = c.words.specimenIn(name)
	}
	keys := c.keysOf(wanted{name: name, specimen: specimen})
	var all []Suggestion
	for _, a := range c.analytes {
		if specimen != bot.SpecimenUnknown && a.Specimen != specimen {
			continue
		}
		best := 0.0
		for _, known := range c.names(a) {
			for _, key := range keys {
				best = max(best, likeness(key, nameKey(known)))
			}
		}
		if best >= likeEnough {
			all = append(all, Suggestion{a.ID, best})
		}
	}
	slices.SortStableFunc(all, func(a, b Suggestion) int { return cmp.Compare(b.Likeness, a.Likeness) })
	return all[:min(len(all), mostSuggestions)]
}

// likeness is Dice's coefficient of the two names' pairs of neighbouring letters.
func likeness(a, b string) float64 {
	if a == b {
		return 1
	}
	pairsA, pairsB := pairs(a), pairs(b)
	if len(pairsA)+len(pairsB) == 0 {
		return 0
	}
	shared := 0
	for _, p := range pairsA {
		if i := slices.Index(pairsB, p); i >= 0 {
			shared++
			pairsB = slices.Delete(pairsB, i, i+1)
		}
	}
	return 2 * float64(shared) / float64(len(pairsA)+len(pairsB)+shared)
}

func pairs(s string) []string {
	letters := strings.Split(s, "")
	var all []string
	for i := 1; i < len(letters); i++ {
		all = append(all, letters[i-1]+letters[i])
	}
	return all
}
