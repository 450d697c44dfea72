package guard

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

//go:embed data/redflags
var redFlagFiles embed.FS

// redFlags is what triage looks for: words that make signs, and flags made of
// signs that set a level.
type redFlags struct {
	words    *lexicon
	signs    map[string]signID
	pairs    map[pair][]signID // signs made by two words close together, in either order
	parts    map[signID]bool   // parts of the body
	whole    map[string]signID // messages that say nothing else
	measures map[signID]measure
	counted  map[string]bool // units of numbers that measure no vital sign
	flags    []redFlag
	families map[string]string // flag id → family id
}

type signID int16

// pair is two signs that make a third when they stand close together in one
// clause: "chest" and "hurts".
type pair struct{ first, second signID }

// redFlag sets a level when every one of its signs is there, and at least so many
// of several, each in words of its own. Lingers: an episode
// that has passed still counts. Request: the words are what the person asks us
// for, so that a question does not weaken them. Firm: a denial beside the words does not take them back.
type redFlag struct {
	id      string
	level   bot.Level
	all     []signID
	without []signID
	several []signID
	least   int
	lingers bool
	request bool
	firm    bool
}

type termFile struct {
	ZH []string `yaml:"zh"`
	EN []string `yaml:"en"`
}

type signFile struct {
	ID   string      `yaml:"id"`
	ZH   []string    `yaml:"zh"`
	EN   []string    `yaml:"en"`
	Near [][2]string `yaml:"near"`
	// Part marks a part of the body: what is said belongs to the part next to it.
	Part bool `yaml:"part"`
	// Whole are messages that mean this only when they say nothing else.
	Whole []string `yaml:"whole"`
}

type familyFile struct {
	Family     string     `yaml:"family"`
	Level      bot.Level  `yaml:"level"`
	ApprovedBy string     `yaml:"approved_by"`
	Source     bot.Source `yaml:"source"`
	Lingers    bool       `yaml:"lingers"`
	Request    bool       `yaml:"request"`
	Exact      bool       `yaml:"exact"` // heard as spelt only: ways of speaking have too many variants
	Signs      []signFile `yaml:"signs"`
	Flags      []struct {
		ID      string   `yaml:"id"`
		All     []string `yaml:"all"`
		Several []string `yaml:"several"`
		Least   int      `yaml:"least"`
		Without []string `yaml:"without"`
		Lingers bool     `yaml:"lingers"`
		Firm    bool     `yaml:"firm"`
	} `yaml:"flags"`
}

func loadRedFlags(g *Guard) error {
	var spelling spellingFile
	if err := readYAML(redFlagFiles, "data/redflags/spelling.yaml", &spelling); err != nil {
		return err
	}
	var grammar map[string]termFile
	if err := readYAML(redFlagFiles, "data/redflags/grammar.yaml", &grammar); err != nil {
		return err
	}
	families, err := readFamilies()
	if err != nil {
		return err
	}
	r := redFlags{
		words: newLexicon(spelling), signs: map[string]signID{}, pairs: map[pair][]signID{}, parts: map[signID]bool{}, whole: map[string]signID{},
		measures: map[signID]measure{}, counted: map[string]bool{}, families: map[string]string{},
	}
	for _, name := range grammarGroups {
		terms, ok := grammar[name]
		if !ok || len(terms.ZH) == 0 || len(terms.EN) == 0 {
			return fmt.Errorf("red flags: grammar.yaml has no words for %q in both languages", name)
		}
		r.words.add(r.sign(name), append(terms.ZH, terms.EN...), exact)
	}
	if len(grammar) != len(grammarGroups) {
		return fmt.Errorf("red flags: grammar.yaml has %d groups, triage knows %d", len(grammar), len(grammarGroups))
	}
	if err := r.addMeasures(); err != nil {
		return fmt.Errorf("red flags: %w", err)
	}
	if err := r.addFamilies(families); err != nil {
		return fmt.Errorf("red flags: %w", err)
	}
	g.redFlags = r
	return nil
}

func readFamilies() ([]familyFile, error) {
	names, err := fs.Glob(redFlagFiles, "data/redflags/families/*.yaml")
	if err != nil {
		return nil, err
	}
	families := make([]familyFile, len(names))
	for i, name := range names {
		if err := readYAML(redFlagFiles, name, &families[i]); err != nil {
			return nil, err
		}
		f := families[i]
		if f.Family == "" || f.ApprovedBy == "" || f.Source.Title == "" || f.Source.Publisher == "" || f.Source.Year == 0 {
			return nil, fmt.Errorf("red flags: %s lacks its family, source or approved_by", name)
		}
	}
	return families, nil
}

// words of several families: their signs, without a level.
type wordsFile struct {
	Signs []signFile `yaml:"signs"`
}

func (r *redFlags) addFamilies(families []familyFile) error {
	var shared wordsFile
	if err := readYAML(redFlagFiles, "data/redflags/words.yaml", &shared); err != nil {
		return err
	}
	families = append([]familyFile{{Family: "words", Level: bot.LevelEmergency, Signs: shared.Signs}}, families...)
	terms, err := r.addSigns(families)
	if err != nil {
		return err
	}
	for _, f := range families {
		for _, s := range f.Signs {
			for _, near := range s.Near {
				first, okFirst := r.signs[near[0]]
				second, okSecond := r.signs[near[1]]
				if !okFirst || !okSecond {
					return fmt.Errorf("sign %q of %s stands on an unknown sign in %v", s.ID, f.Family, near)
				}
				for _, p := range []pair{{first, second}, {second, first}} {
					r.pairs[p] = append(r.pairs[p], r.signs[s.ID])
				}
				if f.tolerance() == misspelt {
					r.words.addPairs(r.signs[s.ID], terms[near[0]], terms[near[1]])
				}
			}
		}
		if err := r.addFlags(f); err != nil {
			return err
		}
	}
	return nil
}

// addSigns enters the words of all signs and returns them by sign.
func (r *redFlags) addSigns(families []familyFile) (map[string][]string, error) {
	terms := map[string][]string{}
	for _, f := range families {
		for _, s := range f.Signs {
			if _, known := terms[s.ID]; known || len(s.ZH)+len(s.EN)+len(s.Near)+len(s.Whole) == 0 {
				return nil, fmt.Errorf("sign %q of %s is empty or defined twice", s.ID, f.Family)
			}
			terms[s.ID] = append(s.ZH, s.EN...)
			r.words.add(r.sign(s.ID), terms[s.ID], f.tolerance())
			r.parts[r.signs[s.ID]] = s.Part
			for _, message := range s.Whole {
				r.whole[r.words.canonical(message)] = r.signs[s.ID]
			}
		}
	}
	return terms, nil
}

func (r *redFlags) addFlags(f familyFile) error {
	for _, flag := range f.Flags {
		if _, known := r.families[flag.ID]; known || len(flag.All)+len(flag.Several) == 0 || len(flag.Several) > 0 && flag.Least < 2 {
			return fmt.Errorf("flag %q of %s is empty or defined twice", flag.ID, f.Family)
		}
		made := redFlag{id: flag.ID, level: f.Level, lingers: f.Lingers || flag.Lingers, request: f.Request, firm: flag.Firm, least: flag.Least}
		for _, list := range []struct {
			names []string
			into  *[]signID
		}{{flag.All, &made.all}, {flag.Without, &made.without}, {flag.Several, &made.several}} {
			for _, name := range list.names {
				s, ok := r.signs[name]
				if !ok {
					return fmt.Errorf("flag %q of %s asks for an unknown sign %q", flag.ID, f.Family, name)
				}
				*list.into = append(*list.into, s)
			}
		}
		r.families[flag.ID] = f.Family
		r.flags = append(r.flags, made)
	}
	return nil
}

func (r *redFlags) sign(name string) signID {
	if s, ok := r.signs[name]; ok {
		return s
	}
	s := signID(len(r.signs))
	r.signs[name] = s
	return s
}

// tolerance is how far a spelling may be off: only danger is heard through typos,
// and only its own words; a way of speaking has too many.
func (f familyFile) tolerance() spellings {
	if f.Level.Urgent() && !f.Exact {
		return misspelt
	}
	return exact
}

func readYAML(files fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(raw, into, yaml.Strict()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
