package guard

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

//go:embed data/review
var reviewFiles embed.FS

// reviewWords are the word lists of Review, found in one pass over a text.
type reviewWords struct {
	phrases phraseBook
	lists   map[string]bool // those read
	// patterns are ways of saying that no list can hold.
	patterns map[string]*regexp.Regexp
	units    map[string]string // spelling to canonical unit
	related  map[bot.AnalyteID]*related
}

// reviewLists are the lists the checks use; every one must be in the data, and
// the data has no others.
var reviewLists = []string{
	"numbers.allowed", "numbers.names", "numbers.spans.home", "numbers.spans.routine", "numbers.spans.this_week", "numbers.spans.today", "numbers.spans.now",
	"numbers.measures", "numbers.ordinary", "numbers.before", "numbers.comparators", "numbers.ordered", "numbers.ranges", "numbers.difference", "numbers.more", "numbers.less", "numbers.than_now", "numbers.ratios", "numbers.distance", "numbers.upper", "numbers.lower", "numbers.both", "numbers.first", "numbers.second", "numbers.elapsed", "numbers.person", "numbers.shares",
	"direction.high", "direction.low", "direction.within", "direction.out", "direction.up", "direction.down", "direction.same",
	"direction.somewhat", "direction.than", "direction.inside", "direction.outside", "direction.range", "direction.better", "direction.worse", "direction.positive", "direction.negative", "direction.causal", "direction.others", "direction.none", "direction.unseen", "direction.past", "direction.feelings", "direction.several", "direction.refusal", "direction.ordinary",
	"grammar.negators", "grammar.affirmative", "grammar.questions", "grammar.conditions",
	"normal.all", "normal.every", "normal.some", "normal.rest", "normal.only",
	"urgency.now", "urgency.at_once", "urgency.signs", "urgency.today", "urgency.delay", "urgency.dismiss", "urgency.hope",
	"diagnosis.assert", "diagnosis.hedge", "diagnosis.after", "diagnosis.exclude", "diagnosis.excluded", "diagnosis.uncertain", "diagnosis.knowledge", "diagnosis.person", "diagnosis.rhetorical", "diagnosis.endings",
	"diagnosis.compounds", "diagnosis.background", "diagnosis.introduced", "diagnosis.veiled", "diagnosis.healthy", "diagnosis.organs", "diagnosis.told", "diagnosis.history",
	"medication.drugs", "medication.named", "medication.nutrients", "medication.take", "medication.change", "medication.refrain", "medication.acts", "medication.modal",
	"medication.protect", "medication.consult", "medication.open", "medication.effect", "medication.recipes", "medication.doses",
	"names.eponyms", "names.titles", "contact.words", "voice.impersonation", "voice.prompt", "voice.doers", "voice.deeds", "voice.promises",
	"lexicon.analyte", "lexicon.condition", "lexicon.organ", "lexicon.cause", "lexicon.food", "lexicon.test", "lexicon.department", "lexicon.symptom", "lexicon.guideline", "lexicon.allowed",
}

// reviewPatterns are the patterns the checks use.
var reviewPatterns = []string{"medication.protective", "medication.purchase", "voice.pretence", "diagnosis.common_causes"}

// reviewFile is one file of data/review.
type reviewFile struct {
	ApprovedBy string              `yaml:"approved_by"` // "none" while a proposal
	Lists      map[string][]string `yaml:"lists"`
	Units      map[string][]string `yaml:"units"` // a unit and its other spellings
	Patterns   map[string][]string `yaml:"patterns"`
}

func loadReviewWords(g *Guard) (err error) {
	g.words, err = readReviewWords(reviewFiles)
	return err
}

func readReviewWords(files fs.FS) (reviewWords, error) {
	w := reviewWords{phrases: phraseBook{}, lists: map[string]bool{}, patterns: map[string]*regexp.Regexp{}, units: map[string]string{}}
	names, err := fs.Glob(files, "data/review/*.yaml")
	if err != nil {
		return w, err
	}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return w, err
		}
		var file reviewFile
		if err := yaml.UnmarshalWithOptions(raw, &file, yaml.Strict()); err != nil {
			return w, fmt.Errorf("%s: %w", name, err)
		}
		if file.ApprovedBy == "" {
			return w, fmt.Errorf(`%s: approved_by is missing; it is "none" until somebody signs`, name)
		}
		for list, phrases := range file.Lists {
			if err := w.add(list, phrases); err != nil {
				return w, fmt.Errorf("%s: %w", name, err)
			}
		}
		for pattern, alternatives := range file.Patterns {
			if w.patterns[pattern], err = regexp.Compile(strings.Join(alternatives, "|")); err != nil {
				return w, fmt.Errorf("%s: pattern %s: %w", name, pattern, err)
			}
		}
		for unit, spellings := range file.Units {
			for _, spelling := range append(spellings, unit) {
				w.phrases.add("units", fold.Text(spelling))
				w.units[canonicalUnit(spelling)] = canonicalUnit(unit)
			}
		}
	}
	if w.related, err = readRelated(files); err != nil {
		return w, err
	}
	if err := w.addMedicines(); err != nil {
		return w, err
	}
	for _, pattern := range reviewPatterns {
		if w.patterns[pattern] == nil {
			return w, fmt.Errorf("data/review: pattern %s is missing", pattern)
		}
	}
	for _, list := range reviewLists {
		if !w.lists[list] {
			return w, fmt.Errorf("data/review: list %s is missing", list)
		}
	}
	return w, nil
}

func (w *reviewWords) add(list string, phrases []string) error {
	if !slices.Contains(reviewLists, list) {
		return fmt.Errorf("no check uses list %q", list)
	}
	if w.lists[list] {
		return fmt.Errorf("list %s is there twice", list)
	}
	w.lists[list] = true
	for _, p := range phrases {
		folded := fold.Text(p)
		if folded == "" {
			return fmt.Errorf("list %s has an empty phrase", list)
		}
		w.phrases.add(list, folded)
	}
	return nil
}

// medicineNames is the file of triage that knows medicines by name; the review
// knows the same.
const medicineNames = "data/redflags/families/medicines-said.yaml"

// addMedicines enters the names of medicines, but not what medicines are called in
// general: those are words of their own lists.
func (w *reviewWords) addMedicines() error {
	var file familyFile
	if err := readYAML(redFlagFiles, medicineNames, &file); err != nil {
		return err
	}
	const shortest = 3 // characters: "药", "片" are no names
	for _, s := range file.Signs {
		if s.ID != "pp-drug" {
			continue
		}
		for _, pattern := range append(s.ZH, s.EN...) {
			for _, name := range expand(pattern) {
				if name = fold.Text(name); utf8.RuneCountInString(name) >= shortest {
					w.phrases.add("medication.named", name)
				}
			}
		}
	}
	return nil
}
