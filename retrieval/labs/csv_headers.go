package labs

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot/fold"
)

var (
	//go:embed data/csv_headers.yaml
	headersFile []byte
	//go:embed data/sheet_words.yaml
	sheetWordsFile []byte
)

// headerWords map a header in canonical form to the column it names.
type headerWords map[string]headerWord

// headerWord is a column and how far behind its header stands among the column's.
type headerWord struct {
	column string
	rank   int
}

// columnIgnored is known and nothing is made of it.
const columnIgnored = "ignored"

func loadHeaders() (headerWords, error) {
	var file map[string][]string
	if err := yaml.Unmarshal(headersFile, &file); err != nil {
		return nil, fmt.Errorf("labs: data/csv_headers.yaml: %w", err)
	}
	words := headerWords{}
	for column, names := range file {
		for rank, name := range names {
			if other, twice := words[headerKey(name)]; twice && other.column != column {
				return nil, fmt.Errorf("labs: data/csv_headers.yaml: %q names %s and %s", name, other.column, column)
			}
			words[headerKey(name)] = headerWord{column, rank}
		}
	}
	return words, nil
}

// headerKey is a header in canonical form, without the marks around it.
func headerKey(header string) string { return strings.Trim(fold.Text(header), " :*\ufeff") }

// sheetWords are words in the cells of a sheet, in lower case; a footer's is folded.
type sheetWords struct {
	Footers []string `yaml:"footers"`
	Nothing []string `yaml:"nothing"`
	Absent  []string `yaml:"absent"`
	No      []string `yaml:"no"`
	Results []string `yaml:"results"`

	nothing, absent, no, results map[string]bool
}

func loadSheetWords() (w sheetWords, err error) {
	if err := yaml.UnmarshalWithOptions(sheetWordsFile, &w, yaml.Strict()); err != nil {
		return sheetWords{}, fmt.Errorf("labs: data/sheet_words.yaml: %w", err)
	}
	w.nothing, w.absent, w.no, w.results = lowerSet(w.Nothing), lowerSet(w.Absent), lowerSet(w.No), lowerSet(w.Results)
	for i, f := range w.Footers {
		w.Footers[i] = fold.Text(f)
	}
	return w, nil
}

func lowerSet(words []string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[strings.ToLower(w)] = true
	}
	return set
}

// footer reports whether a line below a table counts or signs it: one cell that
// begins like that, and nothing beside it that could be a result.
func (w sheetWords) footer(cells []string) bool {
	first, filled := "", 0
	for _, cell := range cells {
		if cell = strings.TrimSpace(cell); cell == "" {
			continue
		}
		if filled++; filled == 1 {
			first = cell
		} else if filled > 2 {
			return false
		}
	}
	if filled == 0 {
		return false
	}
	text := fold.Text(first)
	for _, f := range w.Footers {
		if strings.HasPrefix(text, f) {
			return true
		}
	}
	return false
}
