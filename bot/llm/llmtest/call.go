package llmtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// Call is one request, of any kind.
type Call struct {
	Model     string
	Messages  []Message // of a chat
	MaxTokens int
	Stream    bool
	Usage     bool     // the caller wants the usage in the stream
	Input     []string // of embeddings
	File      string   // of a transcription: the name of the file
	Sound     []byte   // and its bytes
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

func parse(contentType string, body []byte) (Call, error) {
	if kind, params, err := mime.ParseMediaType(contentType); err == nil && kind == "multipart/form-data" {
		return parseForm(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	}
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

// parseForm reads the form of a transcription.
func parseForm(parts *multipart.Reader) (call Call, err error) {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return call, nil
		}
		if err != nil {
			return call, err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return call, err
		}
		switch part.FormName() {
		case "model":
			call.Model = string(value)
		case "file":
			call.File, call.Sound = part.FileName(), value
		}
	}
}
