package llm

import (
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"
)

// question is a request with nobody's identity left in it.
type question struct {
	messages  []openai.ChatCompletionMessage
	maxTokens int
}

const defaultMaxTokens = 1000

func (r Request) redacted() question {
	q := question{maxTokens: r.MaxTokens}
	if q.maxTokens <= 0 {
		q.maxTokens = defaultMaxTokens
	}
	names := make([]string, len(r.Names))
	for i, n := range r.Names {
		names[i] = n.Plain()
	}
	clean := NewRedactor(names...)
	for _, m := range r.Messages {
		q.messages = append(q.messages, openai.ChatCompletionMessage{Role: m.Role, Content: clean.Redact(m.Text)})
	}
	return q
}

func (q question) request(model string) openai.ChatCompletionRequest {
	request := openai.ChatCompletionRequest{
		Model:         model,
		Messages:      q.messages,
		MaxTokens:     q.maxTokens,
		Temperature:   temperature,
		StreamOptions: &openai.StreamOptions{IncludeUsage: true},
	}
	// Some reasoning models want the limit under another name and no temperature;
	// the library knows which.
	if openai.NewReasoningValidator().Validate(request) != nil {
		request.MaxTokens, request.MaxCompletionTokens, request.Temperature = 0, q.maxTokens, 0
	}
	return request
}

// perMessage is what a chat format adds to a message's own tokens.
const perMessage = 4

func (q question) promptTokens() int {
	total := 0
	for _, m := range q.messages {
		total += tokens(m.Content) + perMessage
	}
	return total
}

// tokens estimates, for endpoints that do not count: one a character outside
// ASCII, one for four ASCII characters. It rather overestimates Chinese.
func tokens(text string) int {
	wide := 0
	for _, r := range text {
		if r >= utf8.RuneSelf {
			wide++
		}
	}
	plain := utf8.RuneCountInString(text) - wide
	return wide + (plain+3)/4
}
