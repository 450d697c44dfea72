package reception

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

//go:embed texts/words.yaml texts/consent.yaml
var files embed.FS

func readYAML(name string, into any) error {
	raw, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("reception: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(raw, into, yaml.Strict()); err != nil {
		return fmt.Errorf("reception: %s: %w", name, err)
	}
	return nil
}

// words are what the desk hears; see texts/words.yaml.
type words struct {
	Answers   map[string]spoken `yaml:"answers"`
	Topics    map[string]spoken `yaml:"topics"`
	Relations []struct {
		Relation bot.Relation `yaml:"relation"`
		Words    spoken       `yaml:"words"`
	} `yaml:"relations"`
	Latest struct {
		Chinese string `yaml:"zh"`
		English string `yaml:"en"`
	} `yaml:"latest"`
}

type spoken struct {
	Chinese []string `yaml:"zh"`
	English []string `yaml:"en"`
}

func (s spoken) is(word string) bool {
	return slices.Contains(s.Chinese, word) || slices.Contains(s.English, word)
}

// heard is one message as the desk understands it.
type heard struct {
	word     string       // canonical, without marks around it
	answer   string       // key of the answers, "" for none
	topic    string       // key of the topics, "" for none
	relation bot.Relation // named or numbered, "" for none
	number   int          // a bare number of one digit, 0 for none
	factor   string       // six digits, "" for none
	digits   bool         // digits that are no second factor and no choice
	code     string       // eight characters a code is made of, "" for none
	called   bool         // it is called a code
}

var (
	factorForm = regexp.MustCompile(`^(?:核对码|验证码|code)?[: ]*(\d{3})[- ]?(\d{3})$`)
	digitsForm = regexp.MustCompile(`^[\d -]{4,}$`)
	codeForm   = regexp.MustCompile(`^(绑定码|绑定|BIND|LINK)?[:：\s]*([B-DF-HJ-NP-TV-XZ]{4})[- ]?([B-DF-HJ-NP-TV-XZ]{4})$`)
)

func (w words) hear(text string) heard {
	h := heard{word: strings.TrimFunc(fold.Text(text), func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) || unicode.IsSymbol(r) })}
	h.answer, h.topic = key(w.Answers, h.word), key(w.Topics, h.word)
	if len(h.word) == 1 && h.word[0] >= '1' && h.word[0] <= '9' {
		h.number = int(h.word[0] - '0')
	}
	bare := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(h.word, "是"), "报告"), "的")
	for i, r := range w.Relations {
		if h.number == i+1 || r.Words.is(bare) || r.Words.is(h.word) {
			h.relation = r.Relation
		}
	}
	if m := factorForm.FindStringSubmatch(h.word); m != nil {
		h.factor = m[1] + m[2]
	} else {
		h.digits = digitsForm.MatchString(h.word)
	}
	if m := codeForm.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(text))); m != nil {
		h.code, h.called = m[2]+m[3], m[1] != ""
	}
	return h
}

func key(all map[string]spoken, word string) string {
	for k, s := range all {
		if s.is(word) {
			return k
		}
	}
	return ""
}

// settles reports whether a message could answer any step at all.
func (h heard) settles() bool {
	return h.answer != "" || h.relation != "" || h.factor != "" || h.number != 0
}

// latest is the question a tap on "my report" stands for.
func (w words) latest(language bot.Language) bot.Text {
	if language == bot.English {
		return bot.T(w.Latest.English)
	}
	return bot.T(w.Latest.Chinese)
}

// languageOf is Chinese as soon as a Han character stands in the text, English for
// words of Latin letters, and the conversation's for numbers and codes.
func languageOf(text string, conversation bot.Language) bot.Language {
	latin := false
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			return bot.Chinese
		}
		latin = latin || unicode.IsLower(r)
	}
	if latin {
		return bot.English
	}
	return conversation
}
