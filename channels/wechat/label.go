package wechat

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/bot"
)

//go:embed label.yaml
var labelFile []byte

// words are the lines below a text, in one language.
type words struct {
	AI      string
	More    string
	Full    string
	Notice  string
	Choices []choice
}

type choice struct{ ID, Text string }

func readWords() (map[bot.Language]words, error) {
	var all map[bot.Language]words
	if err := yaml.UnmarshalWithOptions(labelFile, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("wechat: label.yaml: %w", err)
	}
	return all, nil
}

func (a *Adapter) in(lang bot.Language) words {
	if w, ok := a.words[lang]; ok {
		return w
	}
	return a.words[bot.Chinese]
}

// customMessage is a customer-service message with the platform's mark of AI
// messages, which the SDK does not know.
type customMessage struct {
	*message.CustomerMessage
	AI *aiMark `json:"aimsgcontext,omitempty"`
}

type aiMark struct {
	Is int `json:"is_ai_msg"`
}

// compose is the message a part becomes: its text, the lines below it, and choices
// where they are wanted and fit.
func (a *Adapter) compose(out bot.Outbound) customMessage {
	w := a.in(out.Language)
	ai := labelled(out)
	text := a.withLines(out, w)
	m := customMessage{CustomerMessage: message.NewCustomerTextMessage(out.ExternalID.Plain(), text)}
	if ai && a.AIFlag {
		m.AI = &aiMark{Is: 1}
	}
	if menu := w.menu(text); a.Choices && ai && out.Last && !out.More && menu != nil {
		m.Msgtype, m.Text, m.Msgmenu = "msgmenu", nil, menu
	}
	return m
}

// labelled reports whether a part is the assistant's own words. What staff wrote
// and the texts about a danger were written by people.
func labelled(out bot.Outbound) bool {
	return out.AI && out.Author == bot.AuthorAssistant && !out.Urgent
}

// withLines puts the lines below the text. The label always stands; the link, then
// the hint that there is more, give way where the message would grow too long.
func (a *Adapter) withLines(out bot.Outbound, w words) string {
	var full, more, label string
	if out.Full && a.FullURL != nil {
		if url := a.FullURL(out); url != "" {
			full = w.Full + url
		}
	}
	if out.More {
		more = w.More
	}
	if labelled(out) {
		label = w.AI
	}
	text := out.Text.Plain()
	for _, lines := range [][]string{{full, more, label}, {more, label}} {
		if all := below(text, lines); len(all) <= messageBytes {
			return all
		}
	}
	return below(text, []string{label})
}

// below is text with the lines that are there. A part that ends with a paragraph
// brings its own empty line.
func below(text string, lines []string) string {
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	if len(lines) == 0 {
		return text
	}
	return strings.TrimRight(text, "\n ") + "\n\n" + strings.Join(lines, "\n")
}

// menu is text with the choices below it; nil when that is too long.
func (w words) menu(text string) *message.MediaMsgmenu {
	m := &message.MediaMsgmenu{HeadContent: text}
	size := len(text)
	for _, c := range w.Choices {
		m.List = append(m.List, message.MsgmenuItem{ID: c.ID, Content: c.Text})
		size += len(c.Text) + len("\n")
	}
	if size > messageBytes {
		return nil
	}
	return m
}
