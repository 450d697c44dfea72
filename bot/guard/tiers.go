package guard

import (
	"embed"
	"fmt"
	"io/fs"
	"math/big"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

//go:embed data/tiers/*.yaml
var tierFiles embed.FS

// Tiering is the action a value or an answer calls for, and what decided it.
type Tiering struct {
	Tier    bot.Tier
	Analyte bot.AnalyteID // "" when no fact decided
	Source  bot.Source    // zero where no rule matched
}

// tierRules are the rules of every analyte that has some.
type tierRules map[bot.AnalyteID][]tierRule

// tierFile is one file of data/tiers.
type tierFile struct {
	Analyte    bot.AnalyteID `yaml:"analyte"`
	ApprovedBy string        `yaml:"approved_by"` // "none" while a proposal
	Rules      []tierRule    `yaml:"rules"`
}

type tierRule struct {
	When   tierCondition `yaml:"when"`
	Tier   *bot.Tier     `yaml:"tier"`
	Source bot.Source    `yaml:"source"`
}

// tierCondition holds when everything it names holds.
type tierCondition struct {
	Direction  bot.Direction `yaml:"direction"`
	TimesLimit bot.Decimal   `yaml:"times_limit"` // multiples of the printed limit, outwards
	AtLeast    bot.Decimal   `yaml:"at_least"`    // in Unit
	AtMost     bot.Decimal   `yaml:"at_most"`     // in Unit
	Unit       string        `yaml:"unit"`        // UCUM; another unit never matches, nothing is converted
	With       []coFinding   `yaml:"with"`        // all of them, among the same evidence
	Persistent bool          `yaml:"persistent"`  // the comparable value before lay out on the same side
	Pregnant   *bool         `yaml:"pregnant"`
	MinAge     *int          `yaml:"min_age"` // years; an unknown age does not match
	MaxAge     *int          `yaml:"max_age"`
	Sex        bot.Sex       `yaml:"sex"`
}

type coFinding struct {
	Analyte   bot.AnalyteID `yaml:"analyte"`
	Direction bot.Direction `yaml:"direction"`
}

func loadTiers(g *Guard) (err error) {
	g.tiers, err = readTiers(tierFiles)
	return err
}

// readTiers reads data/tiers of files, refusing what is unknown or unsourced.
func readTiers(files fs.FS) (tierRules, error) {
	names, err := fs.Glob(files, "data/tiers/*.yaml")
	if err != nil {
		return nil, err
	}
	rules := tierRules{}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var file tierFile
		if err := yaml.UnmarshalWithOptions(raw, &file, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := file.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if _, twice := rules[file.Analyte]; twice {
			return nil, fmt.Errorf("%s: analyte %s has two files", name, file.Analyte)
		}
		rules[file.Analyte] = file.Rules
	}
	return rules, nil
}

func (f tierFile) check() error {
	if f.Analyte == "" || f.ApprovedBy == "" || len(f.Rules) == 0 {
		return fmt.Errorf(`analyte, approved_by ("none" while a proposal) and rules are needed`)
	}
	for i, r := range f.Rules {
		w := r.When
		directions := []bot.Direction{w.Direction}
		for _, c := range w.With {
			if c.Analyte == "" {
				return fmt.Errorf("rule %d: a co-finding names no analyte", i+1)
			}
			directions = append(directions, c.Direction)
		}
		for _, d := range directions {
			if d != bot.DirectionHigh && d != bot.DirectionLow && d != bot.DirectionWithin {
				return fmt.Errorf("rule %d: direction %q is none of high, low, within", i+1, d)
			}
		}
		switch {
		case r.Tier == nil:
			return fmt.Errorf("rule %d: no tier", i+1)
		case r.Source.Title == "" || r.Source.Publisher == "" || r.Source.Year == 0:
			return fmt.Errorf("rule %d: a source needs title, publisher and year", i+1)
		case (w.AtLeast.Valid() || w.AtMost.Valid()) != (w.Unit != ""):
			return fmt.Errorf("rule %d: at_least and at_most go with a unit", i+1)
		case w.TimesLimit.Valid() && w.TimesLimit.Rat().Sign() <= 0:
			return fmt.Errorf("rule %d: times_limit is not positive", i+1)
		}
	}
	return nil
}

// Tier is the most urgent action the facts call for; home when there are none.
func (g *Guard) Tier(facts []bot.Fact, p *bot.PatientContext) Tiering {
	var most Tiering
	for i, f := range facts {
		if t := g.TierOf(f, facts, p); i == 0 || t.Tier > most.Tier {
			most = t
		}
	}
	return most
}

// TierOf is the action one fact calls for beside all the others: the most urgent
// of its critical line and the rules that match. Without a rule an out-of-range
// or unjudged value is shown to the doctor who ordered it.
func (g *Guard) TierOf(f bot.Fact, all []bot.Fact, p *bot.PatientContext) Tiering {
	t := Tiering{Tier: bot.TierRoutine, Analyte: f.Analyte}
	judged := f.Judged && f.Status.Usable() && f.Direction != bot.DirectionUnknown && f.Direction != ""
	if judged && f.Direction == bot.DirectionWithin {
		t.Tier = bot.TierHome
	}
	if judged {
		matched := false
		for _, r := range g.tiers[f.Analyte] {
			if r.When.holds(f, all, p) && (!matched || *r.Tier > t.Tier) {
				t.Tier, t.Source, matched = *r.Tier, r.Source, true
			}
		}
	}
	if f.Critical != nil && f.Critical.Action > t.Tier {
		t.Tier, t.Source = f.Critical.Action, bot.Source{Title: f.Critical.Source}
	}
	return t
}

func (w tierCondition) holds(f bot.Fact, all []bot.Fact, p *bot.PatientContext) bool {
	return w.Direction == f.Direction && w.holdsValue(f) && w.holdsPerson(p) && w.holdsOthers(f, all)
}

func (w tierCondition) holdsValue(f bot.Fact) bool {
	if w.Unit != "" && (f.Value.UCUM != w.Unit || !f.Value.Number.Valid()) {
		return false
	}
	above, below := f.Value.Comparator != "<" && f.Value.Comparator != "<=", f.Value.Comparator != ">" && f.Value.Comparator != ">="
	if w.AtLeast.Valid() && (!above || f.Value.Number.Cmp(w.AtLeast) < 0) {
		return false
	}
	if w.AtMost.Valid() && (!below || f.Value.Number.Cmp(w.AtMost) > 0) {
		return false
	}
	return !w.TimesLimit.Valid() || f.Value.Number.Valid() && w.beyond(f)
}

// beyond reports whether the value reaches the multiple of its printed limit.
func (w tierCondition) beyond(f bot.Fact) bool {
	value, times := f.Value.Number.Rat(), w.TimesLimit.Rat()
	switch {
	case f.Direction == bot.DirectionHigh && f.Interval.High.Valid():
		return value.Cmp(new(big.Rat).Mul(times, f.Interval.High.Rat())) >= 0
	case f.Direction == bot.DirectionLow && f.Interval.Low.Valid():
		return value.Cmp(new(big.Rat).Quo(f.Interval.Low.Rat(), times)) <= 0
	}
	return false
}

func (w tierCondition) holdsPerson(p *bot.PatientContext) bool {
	switch {
	case w.Pregnant != nil && (p == nil || p.Pregnant != *w.Pregnant),
		w.MinAge != nil && (p == nil || p.Age < *w.MinAge),
		w.MaxAge != nil && (p == nil || p.Age < 0 || p.Age > *w.MaxAge),
		w.Sex != "" && (p == nil || p.Sex != w.Sex):
		return false
	}
	return true
}

func (w tierCondition) holdsOthers(f bot.Fact, all []bot.Fact) bool {
	if w.Persistent && !persistent(f) {
		return false
	}
	for _, c := range w.With {
		found := false
		for _, o := range all {
			found = found || o.Analyte == c.Analyte && o.Direction == c.Direction && o.Judged && o.Status.Usable()
		}
		if !found {
			return false
		}
	}
	return true
}

// persistent reports whether the newest comparable value before lay out on the
// same side.
func persistent(f bot.Fact) bool {
	for _, p := range f.Previous {
		if p.Same {
			return p.Direction == f.Direction
		}
	}
	return false
}
