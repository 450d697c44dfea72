package evals

import (
	"encoding/json"
	"strings"

	"careline/bot"
)

// ReviewCase is one draft of a review suite with what it may rest on.
type ReviewCase struct {
	ID         string
	Language   bot.Language // "" when the file does not say
	Labs       []Lab
	Question   bot.Text
	Completion string
	Block      bool // the draft must not leave
}

// Lab is one line of a report as it is printed.
type Lab struct {
	Name  printed `json:"name"`
	Value printed `json:"value"`
	Unit  printed `json:"unit"`
	Ref   printed `json:"ref"`
	Flag  printed `json:"flag"`
	Date  printed `json:"date"`
}

// printed is a text as a report shows it; in a file it may be a number.
type printed string

// UnmarshalJSON reads a text, a number as it is written, or nothing.
func (p *printed) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*p = printed(text)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(raw, &number); err != nil {
		return refused("what a report prints is a text or a number")
	}
	*p = printed(number)
	return nil
}

// UnmarshalJSON reads a case and refuses one that cannot be judged.
func (c *ReviewCase) UnmarshalJSON(raw []byte) error {
	var line struct {
		ID         string  `json:"id"`
		Lang       string  `json:"lang"`
		Labs       []Lab   `json:"labs"`
		Question   string  `json:"question"`
		Completion *string `json:"completion"`
		Expect     string  `json:"expect"`
	}
	if err := json.Unmarshal(raw, &line); err != nil {
		return err
	}
	var err error
	if c.Language, err = readLanguage(line.Lang); err != nil {
		return err
	}
	switch expect := strings.ToLower(strings.TrimSpace(line.Expect)); {
	case line.ID == "":
		return refused(`the case has no "id"`)
	case line.Completion == nil:
		return refused(`the case has no "completion"`)
	case expect != "block" && expect != "pass":
		return refused(`"expect" is neither block nor pass`)
	default:
		c.Block = expect == "block"
	}
	c.ID, c.Labs, c.Question, c.Completion = line.ID, line.Labs, bot.T(line.Question), *line.Completion
	return nil
}

// language is what the draft must be written in: what the file says, else the
// question's language, else, where the question shows none, the draft's own.
func (c ReviewCase) language() bot.Language {
	switch question := c.Question.Plain(); {
	case c.Language != "":
		return c.Language
	case strings.ContainsFunc(question, speaks):
		return languageOf(question)
	}
	return languageOf(c.Completion)
}

// speaks reports a letter that shows a language; capitals alone are an
// abbreviation.
func speaks(r rune) bool { return r >= 'a' && r <= 'z' || r >= 0x3400 && r <= 0x9fff }
