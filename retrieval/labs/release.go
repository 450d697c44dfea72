package labs

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

//go:embed data/release.yaml
var releaseFile []byte

// Release says who hears a result.
type Release string

// The releases. A held result is in no answer of the assistant's.
const (
	ReleaseAssistant Release = ""          // whoever is bound to the patient, from the assistant
	ReleaseOwn       Release = "own"       // the patient only
	ReleaseClinician Release = "clinician" // the patient only, from a clinician
)

// HeldFrom reports whether the assistant may not tell somebody of a relation to
// the patient.
func (r Release) HeldFrom(relation bot.Relation) bool {
	return r == ReleaseClinician || r == ReleaseOwn && relation != bot.RelationSelf
}

// releaseWords are what one release holds.
type releaseWords struct {
	Analytes []bot.AnalyteID `yaml:"analytes"`
	Names    wordList        `yaml:"names"`
}

func loadReleases() (map[Release]releaseWords, error) {
	var file map[Release]releaseWords
	if err := yaml.UnmarshalWithOptions(releaseFile, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("labs: data/release.yaml: %w", err)
	}
	return file, nil
}

// Release is who hears a result of an analyte, or of a printed name the catalogue
// does not know.
func (c *Catalogue) Release(id bot.AnalyteID, name string) Release {
	for _, r := range []Release{ReleaseClinician, ReleaseOwn} {
		held := c.releases[r]
		if slices.Contains(held.Analytes, id) || id == "" && held.Names.in(fold.Text(name)) {
			return r
		}
	}
	return ReleaseAssistant
}
