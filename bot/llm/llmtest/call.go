package llmtest

import (
	"encoding/json"
	"strings"
)

// Call is one request, of either kind.
type Call struct {
	Model     string
	Messages  []Message // of a chat
	MaxTokens int
	Stream    bool
	Usage     bool     // the caller wants the usage in the stream
	Input     []string // of embeddings
}

// Message is one message of a chat.
type Message struct {
	Role string
	Text string
}

// Last is the text of the newest message of role, "" if there is none.
func (c Call) Last(role string) string {
	for i := len(c.Messages) - 1; i >= 0; i-- {
		if c.Messages[i].Role == role {
			return c.Messages[i].Text
		}
	}
	return ""
}

// Prompt is every message's text, one after another.
func (c Call) Prompt() string {
	texts := make([]string, len(c.Messages))
	for i, m := range c.Messages {
		texts[i] = m.Text
	}
	return strings.Join(texts, "\n")
}

func parse(body []byte) (Call, error) {
	var request struct {
		Model    string `json:"model"`
		Messages []struct {
			Role    string `json:"role"`
			Content string `json:"content"`
		} `json:"messages"`
		MaxTokens     int  `json:"max_tokens"`
		Stream        bool `json:"stream"`
		StreamOptions struct {
			IncludeUsage bool `json:"include_usage"`
		} `json:"stream_options"`
		Input []string `json:"input"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return Call{}, err
	}
	call := Call{Model: request.Model, MaxTokens: request.MaxTokens, Stream: request.Stream, Usage: request.StreamOptions.IncludeUsage, Input: request.Input}
	for _, m := range request.Messages {
		call.Messages = append(call.Messages, Message{m.Role, m.Content})
	}
	return call, nil
}
