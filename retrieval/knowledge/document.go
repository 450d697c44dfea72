// Package knowledge holds the approved texts an answer may rest on: documents
// cut into passages, found by analyte or by question.
package knowledge

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"

	"careline/bot"
)

//go:embed library/*.md
var libraryFiles embed.FS

// kinds are what a section of a document may answer.
var kinds = []bot.SectionKind{
	"measures", "normal", "high", "high-do", "high-ask", "high-today", "low", "low-do", "low-ask", "low-today",
	"context", "prepare", "groups", "answer",
}

// document is one file of the library in one language.
type document struct {
	ID         string          `yaml:"id"`
	Language   bot.Language    `yaml:"language"`
	Title      string          `yaml:"title"`
	Analytes   []bot.AnalyteID `yaml:"analytes"`
	Version    int             `yaml:"version"`
	Status     string          `yaml:"status"`      // draft or published
	ReviewedBy string          `yaml:"reviewed_by"` // "none" until a clinician signs
	Sources    []source        `yaml:"sources"`

	sections []section
	digest   string
}

// source is a publication under the id the text marks it with.
type source struct {
	ID        string `yaml:"id"`
	Title     string `yaml:"title"`
	Publisher string `yaml:"publisher"`
	Year      int    `yaml:"year"`
}

// section is one passage before it has a key.
type section struct {
	kind    bot.SectionKind
	heading string
	text    string
	items   []string
	sources []string // ids, in the order of the text
	line    int      // of the heading
}

// sources are each section's sources, in the order of the sections.
func (d document) sources() [][]bot.Source {
	all := make([][]bot.Source, len(d.sections))
	for i, s := range d.sections {
		all[i] = []bot.Source{}
		for _, id := range s.sources {
			at := slices.IndexFunc(d.Sources, func(o source) bool { return o.ID == id })
			all[i] = append(all[i], bot.Source{Title: d.Sources[at].Title, Publisher: d.Sources[at].Publisher, Year: d.Sources[at].Year})
		}
	}
	return all
}

// indexed changes when the same file would be stored differently, so that
// everything is indexed again.
const indexed = "1\n"

func digest(raw []byte) string {
	sum := sha256.Sum256(append([]byte(indexed), raw...))
	return hex.EncodeToString(sum[:])
}

// embedded reads the library that comes with the binary, ordered by file name.
func embedded() ([]document, error) {
	names, err := fs.Glob(libraryFiles, "library/*.md")
	if err != nil {
		return nil, fmt.Errorf("knowledge: %w", err)
	}
	slices.Sort(names)
	var documents []document
	for _, name := range names {
		raw, err := libraryFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("knowledge: %w", err)
		}
		d, err := parse(name, raw)
		if err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
	return documents, nil
}
