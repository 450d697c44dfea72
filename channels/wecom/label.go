package wecom

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

//go:embed label.yaml
var labelFile []byte

// words are the lines below a text, in one language.
type words struct {
	AI   string
	More string
}

func readWords() (map[bot.Language]words, error) {
	var all map[bot.Language]words
	if err := yaml.UnmarshalWithOptions(labelFile, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("wecom: label.yaml: %w", err)
	}
	return all, nil
}

// compose is what a patient sees of a part: its text and the lines below it. What
// staff wrote and the texts about a danger were written by people and are not
// labelled.
func (a *Adapter) compose(out bot.Outbound) string {
	w, ok := a.words[out.Language]
	if !ok {
		w = a.words[bot.Chinese]
	}
	text, gap := out.Text.Plain(), "\n\n"
	if out.More {
		text, gap = text+gap+w.More, "\n"
	}
	if out.AI && out.Author == bot.AuthorAssistant && !out.Urgent {
		text += gap + w.AI
	}
	return text
}
