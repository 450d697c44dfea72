package llm

import (
	"bytes"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"

	"careline/bot"
)

const (
	// transcribeWithin is less than a patient's turn waits for the words.
	transcribeWithin = 8 * time.Second
	// spokenLimit is well above what is said in the minute a voice message may last.
	spokenLimit = 4000
)

// Transcriber has speech written down by an OpenAI-compatible endpoint. Sound cannot
// be redacted: what leaves is the patient's voice with all they say.
type Transcriber struct {
	client *Client
	model  string
}

// NewTranscriber checks the address; it does not connect.
func NewTranscriber(c ModelConfig) (*Transcriber, error) {
	if c.Model == "" {
		return nil, bot.Errorf(bot.KindInvalid, "A transcription endpoint needs the name of its model.", "llm: no model for the transcription endpoint")
	}
	client, err := New(Config{BaseURL: c.BaseURL, Key: c.Key, Timings: Timings{Deadline: transcribeWithin}})
	if err != nil {
		return nil, err
	}
	return &Transcriber{client, c.Model}, nil
}

// Transcribe is what is said in a file of speech, "" for silence; the name's ending
// tells the endpoint the format. Errors name the model and the outcome, never the
// words, the key or what the endpoint answered.
func (t *Transcriber) Transcribe(ctx context.Context, name string, sound []byte) (bot.Text, error) {
	ctx, cancel := context.WithTimeout(ctx, t.client.timings.Deadline)
	defer cancel()
	var words string
	call := func() error {
		answer, err := t.client.api.CreateTranscription(ctx, openai.AudioRequest{
			Model: t.model, FilePath: name, Reader: bytes.NewReader(sound), Format: openai.AudioResponseFormatJSON,
		})
		if err == nil && utf8.RuneCountInString(answer.Text) > spokenLimit {
			return Oversized
		}
		words = answer.Text
		return err
	}
	outcome := t.client.guarded(ctx, call)
	if outcome.passing() && pause(ctx, t.client.timings.Pause) {
		outcome = t.client.guarded(ctx, call)
	}
	if outcome != OK {
		return bot.Text{}, failure(t.model, outcome)
	}
	return bot.T(strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(words, ""), "\x00", ""))), nil
}
