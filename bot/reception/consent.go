package reception

import (
	"fmt"
	"slices"
	"strings"

	"careline/bot"
)

// consentText is what patients are asked to agree to in a chat.
type consentText struct {
	Version  string           `yaml:"version"`
	Purposes []consentPurpose `yaml:"purposes"`
}

type consentPurpose struct {
	ID      bot.Purpose `yaml:"id"`
	Chinese string      `yaml:"zh"`
	English string      `yaml:"en"`
}

// ExternalModel is whom texts are sent to, as the patient is told.
type ExternalModel struct {
	Name    string
	Country map[bot.Language]string
}

// loadConsent reads the texts; the purpose of an external model is asked for only
// where there is one, by its name and country.
func loadConsent(model *ExternalModel) (c consentText, err error) {
	if err := readYAML("texts/consent.yaml", &c); err != nil {
		return c, err
	}
	if model == nil {
		c.Purposes = slices.DeleteFunc(c.Purposes, func(p consentPurpose) bool { return p.ID == bot.PurposeExternalModel })
	}
	for i := range c.Purposes {
		p := &c.Purposes[i]
		if p.Chinese == "" || p.English == "" {
			return c, fmt.Errorf("reception: texts/consent.yaml: purpose %s has not both languages", p.ID)
		}
		if model != nil {
			p.Chinese = strings.NewReplacer("{model}", model.Name, "{country}", model.Country[bot.Chinese]).Replace(p.Chinese)
			p.English = strings.NewReplacer("{model}", model.Name, "{country}", model.Country[bot.English]).Replace(p.English)
		}
	}
	return c, nil
}

// lines are the purposes with the numbers by which they are agreed to.
func (c consentText) lines(language bot.Language) (lines []string) {
	for i, p := range c.Purposes {
		text := p.Chinese
		if language == bot.English {
			text = p.English
		}
		lines = append(lines, fmt.Sprintf("%d %s", i+1, text))
	}
	return lines
}

func (c consentText) all() (purposes []bot.Purpose) {
	for _, p := range c.Purposes {
		purposes = append(purposes, p.ID)
	}
	return purposes
}

// numbered are the purposes of an answer such as "1 3"; ok is false when it is no
// list of numbers of the question.
func (c consentText) numbered(answer string) (purposes []bot.Purpose, ok bool) {
	for _, r := range answer {
		switch {
		case r >= '1' && r <= '9' && int(r-'0') <= len(c.Purposes):
			if id := c.Purposes[r-'1'].ID; !slices.Contains(purposes, id) {
				purposes = append(purposes, id)
			}
		case strings.ContainsRune(" ,、.和&+", r):
		default:
			return nil, false
		}
	}
	return purposes, len(purposes) > 0
}
