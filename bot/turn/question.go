package turn

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

// words are the cues by which a question is heard; see phrases/words.yaml.
type words struct {
	Worry     cues           `yaml:"worry"`
	Trend     cues           `yaml:"trend"`
	Greeting  cues           `yaml:"greeting"`
	Thanks    cues           `yaml:"thanks"`
	Affirm    cues           `yaml:"affirm"`
	Deny      cues           `yaml:"deny"`
	Prepare   cues           `yaml:"prepare"`
	Groups    cues           `yaml:"groups"`
	High      cues           `yaml:"high"`
	Low       cues           `yaml:"low"`
	Relations []relationCues `yaml:"relations"`
}

type cues struct {
	Chinese []string `yaml:"zh"`
	English []string `yaml:"en"`
}

type relationCues struct {
	Relation bot.Relation `yaml:"relation"`
	Sex      bot.Sex      `yaml:"sex"`
	Words    cues         `yaml:",inline"`
}

func loadWords() (words, error) {
	var w words
	raw, err := phraseFiles.ReadFile("phrases/words.yaml")
	if err != nil {
		return w, fmt.Errorf("turn: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(raw, &w, yaml.Strict()); err != nil {
		return w, fmt.Errorf("turn: phrases/words.yaml: %w", err)
	}
	return w, nil
}

// in reports whether folded text holds one of the cues: Chinese anywhere,
// English at word boundaries.
func (c cues) in(folded string) bool {
	for _, cue := range c.Chinese {
		if strings.Contains(folded, cue) {
			return true
		}
	}
	for _, cue := range c.English {
		if containsWord(folded, cue) {
			return true
		}
	}
	return false
}

// only reports whether folded text is nothing but cues and punctuation.
func (c cues) only(folded string) bool {
	for _, cue := range append(append([]string(nil), c.Chinese...), c.English...) {
		folded = strings.ReplaceAll(folded, cue, "")
	}
	return strings.IndexFunc(folded, unicode.IsLetter) < 0 && strings.IndexFunc(folded, unicode.IsDigit) < 0
}

func containsWord(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(word)
		if !latinAt(text, start-1) && !latinAt(text, end) {
			return true
		}
		from = start + 1
	}
}

func latinAt(text string, i int) bool {
	return i >= 0 && i < len(text) && (text[i] >= 'a' && text[i] <= 'z')
}

// question is one turn's messages, heard.
type question struct {
	text      string // the words to look evidence up by
	folded    string
	language  bot.Language
	worry     bool
	trend     bool
	prepare   bool
	groups    bool
	direction bot.Direction // that the question speaks of, "" if none
	greeting  bool          // nothing but a greeting
	thanks    bool          // nothing but thanks
	affirms   bool          // nothing but a yes
	denies    bool          // nothing but a no
}

// hear joins the turn's messages and notes how they are meant.
func (w words) hear(messages []bot.TurnMessage, fallback bot.Language) question {
	var texts []string
	for _, m := range messages {
		texts = append(texts, m.Text.Plain())
	}
	q := question{text: strings.Join(texts, "\n")}
	q.folded = fold.Text(q.text)
	q.language = languageOf(q.text, fallback)
	q.worry, q.trend = w.Worry.in(q.folded), w.Trend.in(q.folded)
	q.prepare, q.groups = w.Prepare.in(q.folded), w.Groups.in(q.folded)
	switch high, low := w.High.in(q.folded), w.Low.in(q.folded); {
	case high && !low:
		q.direction = bot.DirectionHigh
	case low && !high:
		q.direction = bot.DirectionLow
	}
	q.greeting = w.Greeting.in(q.folded) && w.Greeting.only(q.folded)
	q.thanks = w.Thanks.in(q.folded) && w.Thanks.only(q.folded)
	q.affirms = w.Affirm.in(q.folded) && w.Affirm.only(q.folded)
	q.denies = w.Deny.in(q.folded) && w.Deny.only(q.folded)
	return q
}

// languageOf is Chinese as soon as a Han character stands in the text, English
// for Latin letters alone, and the conversation's language for neither ("?").
// An abbreviation alone ("ALT 87") says nothing about the language.
func languageOf(text string, fallback bot.Language) bot.Language {
	lower := false
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			return bot.Chinese
		}
		lower = lower || unicode.IsLower(r)
	}
	if lower || fallback == "" {
		return bot.English
	}
	return fallback
}
