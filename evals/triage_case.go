package evals

import (
	"encoding/json"
	"fmt"
	"strings"

	"careline/bot"
)

// TriageCase is one conversation of a triage suite: what the person writes, one
// message a turn, and the level that must stand after each.
type TriageCase struct {
	ID       string
	Language bot.Language // "" when the file does not say
	Turns    []TriageTurn
	single   bool // written with "text", not with "turns"
}

// TriageTurn is one message with the level that must stand after it.
type TriageTurn struct {
	Text   bot.Text
	Expect bot.Level
	Accept []bot.Level
}

// hit reports whether a level is the expected one or one that is accepted too.
func (t TriageTurn) hit(got bot.Level) bool {
	for _, level := range append([]bot.Level{t.Expect}, t.Accept...) {
		if level == got {
			return true
		}
	}
	return false
}

// triageLine is a case as a file writes it: "text", or "turns" of objects, or
// "turns" of texts with a list of levels.
type triageLine struct {
	ID     string       `json:"id"`
	Text   *string      `json:"text"`
	Lang   string       `json:"lang"`
	Expect levels       `json:"expect"`
	Accept levels       `json:"accept"`
	Turns  []triageTurn `json:"turns"`
}

type triageTurn struct {
	Text   *string `json:"text"`
	Expect levels  `json:"expect"`
	Accept levels  `json:"accept"`
}

// UnmarshalJSON reads a turn that is an object or only its text.
func (t *triageTurn) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		return json.Unmarshal(raw, &t.Text)
	}
	type object triageTurn
	return json.Unmarshal(raw, (*object)(t))
}

// levels are one level or a list of them, in any case of letters.
type levels []bot.Level

// UnmarshalJSON reads one level or a list.
func (l *levels) UnmarshalJSON(raw []byte) error {
	var names []string
	if raw[0] == '[' {
		if err := json.Unmarshal(raw, &names); err != nil {
			return refused("a level is a word: none, review, human, emergency or crisis")
		}
	} else if string(raw) != "null" {
		names = make([]string, 1)
		if err := json.Unmarshal(raw, &names[0]); err != nil {
			return refused("a level is a word: none, review, human, emergency or crisis")
		}
	}
	*l = nil
	for _, name := range names {
		level, err := ParseLevel(name)
		if err != nil {
			return err
		}
		*l = append(*l, level)
	}
	return nil
}

// ParseLevel reads a level's name in any case of letters.
func ParseLevel(name string) (bot.Level, error) {
	level, err := bot.ParseLevel(strings.ToLower(strings.TrimSpace(name)))
	if err != nil {
		return level, refused("this is no level; the levels are none, review, human, emergency and crisis")
	}
	return level, nil
}

// UnmarshalJSON reads a case and refuses one that cannot be judged.
func (c *TriageCase) UnmarshalJSON(raw []byte) error {
	var line triageLine
	if err := json.Unmarshal(raw, &line); err != nil {
		return err
	}
	c.ID, c.single = line.ID, len(line.Turns) == 0
	if c.ID == "" {
		return refused(`the case has no "id"`)
	}
	var err error
	if c.Language, err = readLanguage(line.Lang); err != nil {
		return err
	}
	if c.single {
		line.Turns = []triageTurn{{Text: line.Text, Expect: line.Expect, Accept: line.Accept}}
	} else if line.Text != nil {
		return refused(`a case has "text" or "turns", not both`)
	}
	for i, t := range line.Turns {
		if !c.single && len(t.Expect) == 0 && len(line.Expect) == len(line.Turns) {
			t.Expect, t.Accept = line.Expect[i:i+1], line.Accept
		}
		if t.Text == nil || len(t.Expect) != 1 {
			return refused(fmt.Sprintf(`message %d needs a "text" and one level in "expect"`, i+1))
		}
		c.Turns = append(c.Turns, TriageTurn{Text: bot.T(*t.Text), Expect: t.Expect[0], Accept: t.Accept})
	}
	return nil
}

// readLanguage reads "zh" or "en", also "zh-CN"; "" where nothing is said.
func readLanguage(s string) (bot.Language, error) {
	code, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "-")
	switch l := bot.Language(code); l {
	case "", bot.Chinese, bot.English:
		return l, nil
	}
	return "", refused(`"lang" is neither zh nor en`)
}
