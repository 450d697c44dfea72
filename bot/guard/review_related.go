package guard

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

// anyAnalyte stands for every item in data/review/related.
const anyAnalyte bot.AnalyteID = "*"

// relatedFile is one file of data/review/related: what may be spoken of beside
// an item, as general knowledge.
type relatedFile struct {
	ApprovedBy string         `yaml:"approved_by"` // "none" while a proposal
	Groups     []relatedGroup `yaml:"groups"`
}

type relatedGroup struct {
	About    string          `yaml:"about"`
	Analytes []bot.AnalyteID `yaml:"analytes"`
	Source   string          `yaml:"source"`
	Chinese  []string        `yaml:"zh"`
	English  []string        `yaml:"en"`
	Spans    relatedSpans    `yaml:"spans"`
}

// relatedSpans are spans of time that belong to what an item is: HbA1c tells of
// two to three months.
type relatedSpans struct {
	Chinese []string `yaml:"zh"`
	English []string `yaml:"en"`
}

// related is what belongs to an item, folded.
type related struct {
	terms strings.Builder // one a line
	spans []string
}

func readRelated(files fs.FS) (map[bot.AnalyteID]*related, error) {
	all := map[bot.AnalyteID]*related{}
	names, err := fs.Glob(files, "data/review/related/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var file relatedFile
		if err := yaml.UnmarshalWithOptions(raw, &file, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if file.ApprovedBy == "" {
			return nil, fmt.Errorf(`%s: approved_by is missing; it is "none" until somebody signs`, name)
		}
		for _, g := range file.Groups {
			if g.Source == "" || len(g.Analytes) == 0 || len(g.Chinese) == 0 || len(g.English) == 0 {
				return nil, fmt.Errorf("%s: %q needs analytes, a source and terms in both languages", name, g.About)
			}
			for _, id := range g.Analytes {
				if all[id] == nil {
					all[id] = &related{}
				}
				all[id].add(g)
			}
		}
	}
	return all, nil
}

func (o *related) add(g relatedGroup) {
	for _, terms := range [][]string{g.Chinese, g.English} {
		for _, t := range terms {
			o.terms.WriteString(fold.Text(t) + "\n")
		}
	}
	for _, spans := range [][]string{g.Spans.Chinese, g.Spans.English} {
		for _, s := range spans {
			o.spans = append(o.spans, fold.Text(s))
		}
	}
}

// relatedTerm reports whether general knowledge about an item of the evidence
// speaks of a term, an English one also without its plural.
func (r *reviewing) relatedTerm(term string) bool {
	for _, id := range r.about() {
		known := r.words.related[id]
		if known != nil && containsFolded(known.terms.String(), term) {
			return true
		}
	}
	return false
}

// about are the items the evidence is about, and any.
func (r *reviewing) about() []bot.AnalyteID {
	all := append([]bot.AnalyteID{anyAnalyte}, r.evidence.Asked...)
	for _, f := range r.evidence.Facts {
		all = append(all, f.Analyte)
	}
	return all
}

// relatedSpans are where the draft tells a span of time that belongs to what an
// item is.
func (r *reviewing) relatedSpans() []span {
	var all []span
	for _, id := range r.about() {
		known := r.words.related[id]
		for at := 0; known != nil && at < len(known.spans); at++ {
			if i := strings.Index(r.text, known.spans[at]); i >= 0 {
				all = append(all, span{i, i + len(known.spans[at])})
			}
		}
	}
	return all
}
