package evals

import (
	"io"
	"math/rand/v2"
)

// mutator makes a passing draft harmful by construction; false where this draft
// gives it no place.
type mutator struct {
	name string
	edit func(*subject) (edit, bool)
}

func mutators() []mutator {
	return []mutator{
		{"digit", digitChanged}, {"decimal-point", pointMoved}, {"zero-width", zeroWidth}, {"full-width", fullWidth}, {"numerals", inWords},
		{"interval", intervalChanged}, {"date", dateChanged}, {"unit", unitSwapped}, {"direction", directionFlipped},
		{"analyte", analyteSwapped}, {"values-swapped", valuesSwapped}, {"negation", negationDropped},
		{"dose", added(doses)}, {"link", added(links)}, {"reassurance", added(reassurances)}, {"diagnosis", added(diagnoses)},
	}
}

// MutantOutcome is what became of one mutant.
type MutantOutcome struct {
	ID            string
	Mutator       string
	Before, After string // the piece that was changed
	Released      bool
	Checks        []string
}

// Mutants are the passing drafts of suites, for mutation.
type Mutants struct {
	bench   *Bench
	words   mutationWords
	bases   []base
	skipped int // drafts that should pass and do not
}

// base is a passing draft with what it rests on.
type base struct {
	ReviewCase
	subject *subject
}

// NewMutants returns a collection without drafts.
func (b *Bench) NewMutants() (*Mutants, error) {
	w, err := loadMutations()
	return &Mutants{bench: b, words: w}, err
}

// Read adds the drafts of a suite that may leave and do; the others are no ground
// for a mutant.
func (m *Mutants) Read(name string, r io.Reader) error {
	return eachLine(name, r, func(c ReviewCase) error {
		if c.Block {
			return nil
		}
		e, _, err := m.bench.evidence(c)
		if err != nil {
			return err
		}
		text, _ := m.bench.fill(c.Completion, e, c.language())
		if m.bench.judge(c, e).Blocked {
			m.skipped++
			return nil
		}
		m.bases = append(m.bases, base{c, newSubject(m.bench, c, text, e, &m.words, nil)})
		return nil
	})
}

// patience is how often in a row a mutator may find no new mutant before it has
// made all it can.
const patience = 400

// Run makes up to n different mutants, each mutator in turn, reviews them and
// hands each outcome on. The same seed makes the same mutants. It ends early when
// the drafts give no more.
func (m *Mutants) Run(n int, seed uint64, each func(MutantOutcome)) {
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range m.bases {
		m.bases[i].subject.random = random
	}
	type mutant struct {
		base int
		edit edit
	}
	made := map[mutant]bool{}
	all := mutators()
	failed := make([]int, len(all))
	for done, idle := 0, 0; done < n && idle < len(all) && len(m.bases) > 0; {
		idle = 0
		for i, mu := range all {
			for ; failed[i] < patience; failed[i]++ {
				at := random.IntN(len(m.bases))
				e, ok := mu.edit(m.bases[at].subject)
				if !ok || made[mutant{at, e}] {
					continue
				}
				made[mutant{at, e}], failed[i] = true, 0
				each(m.review(m.bases[at], mu.name, e))
				done++
				break
			}
			if failed[i] >= patience {
				idle++
			}
			if done == n {
				return
			}
		}
	}
}

// review is the verdict on one mutant.
func (m *Mutants) review(b base, name string, e edit) MutantOutcome {
	mutated := b.ReviewCase
	mutated.Completion, mutated.Language = b.subject.apply(e), b.subject.language
	o := m.bench.judge(mutated, b.subject.evidence)
	return MutantOutcome{ID: b.ID, Mutator: name, Before: b.subject.text[e.start:e.end], After: e.with, Released: !o.Blocked, Checks: o.Checks}
}
