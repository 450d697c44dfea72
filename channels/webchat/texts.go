package webchat

import (
	"embed"
	"fmt"

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
	Version  string `yaml:"version"`
	Purposes []struct {
		ID    bot.Purpose             `yaml:"id"`
		Title map[bot.Language]string `yaml:"title"`
		Text  map[bot.Language]string `yaml:"text"`
	} `yaml:"purposes"`
}

func loadConsent() (consentText, error) {
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
