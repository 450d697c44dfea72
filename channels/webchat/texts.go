package webchat

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/pages"
)

//go:embed texts/words.yaml
var words []byte

//go:embed texts/consent.yaml
var consentFile []byte

//go:embed texts/demo.yaml
var demoFile []byte

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// consentText is what patients are asked to agree to, one purpose at a time.
type consentText struct {
	Version  string           `yaml:"version"`
	Purposes []consentPurpose `yaml:"purposes"`
}

type consentPurpose struct {
	ID    bot.Purpose             `yaml:"id"`
	Title map[bot.Language]string `yaml:"title"`
	Text  map[bot.Language]string `yaml:"text"`
}

// loadConsent reads the texts; the purpose of an external model is asked for only
// where there is one, by its name and country.
func loadConsent(model *ExternalModel) (consentText, error) {
	var c consentText
	if err := yaml.UnmarshalWithOptions(consentFile, &c, yaml.DisallowUnknownField()); err != nil {
		return c, fmt.Errorf("webchat: texts/consent.yaml: %w", err)
	}
	for _, p := range c.Purposes {
		for _, lang := range []bot.Language{bot.Chinese, bot.English} {
			if p.Title[lang] == "" || p.Text[lang] == "" {
				return c, fmt.Errorf("webchat: texts/consent.yaml: purpose %s has no title or text in %s", p.ID, lang)
			}
		}
	}
	if model == nil {
		c.Purposes = slices.DeleteFunc(c.Purposes, func(p consentPurpose) bool { return p.ID == bot.PurposeExternalModel })
		return c, nil
	}
	for _, p := range c.Purposes {
		for lang := range p.Title {
			fill := strings.NewReplacer("{model}", model.Name, "{country}", model.Country[lang])
			p.Title[lang], p.Text[lang] = fill.Replace(p.Title[lang]), fill.Replace(p.Text[lang])
		}
	}
	return c, nil
}

// purposes are the consent texts with what has been given so far.
func (c consentText) purposes(s pages.Speech, given map[bot.Purpose]bool) []purpose {
	var all []purpose
	for _, p := range c.Purposes {
		all = append(all, purpose{ID: p.ID, Title: p.Title[s.Lang], Text: p.Text[s.Lang], Given: given[p.ID]})
	}
	return all
}

func (c consentText) has(id bot.Purpose) bool {
	for _, p := range c.Purposes {
		if p.ID == id {
			return true
		}
	}
	return false
}
