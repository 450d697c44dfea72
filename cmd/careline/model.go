package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"careline/bot"
	"careline/bot/llm"
	"careline/bot/llm/llmtest"
	"careline/channels/webchat"
)

// modelConfig chooses the language model that drafts answers; without one they are
// composed from the evidence.
type modelConfig struct {
	URL            string `help:"Base URL of an OpenAI-compatible endpoint that drafts answers; \"scripted\": a script that plays one; empty: answers are composed from the evidence." env:"CARELINE_MODEL_URL" name:"url"`
	Key            string `help:"Key of the model endpoint." env:"CARELINE_MODEL_KEY" name:"key"`
	Name           string `help:"Model of the endpoint." env:"CARELINE_MODEL_NAME" name:"name"`
	SecondURL      string `help:"Base URL of a second endpoint, asked when the first does not answer." env:"CARELINE_MODEL_SECOND_URL" name:"second-url"`
	SecondKey      string `help:"Key of the second endpoint." env:"CARELINE_MODEL_SECOND_KEY" name:"second-key"`
	SecondName     string `help:"Model of the second endpoint." env:"CARELINE_MODEL_SECOND_NAME" name:"second-name"`
	TranscribeURL  string `help:"Base URL of an OpenAI-compatible endpoint that writes voice messages down; empty: patients are asked to type." env:"CARELINE_MODEL_TRANSCRIBE_URL" name:"transcribe-url"`
	TranscribeKey  string `help:"Key of the transcription endpoint." env:"CARELINE_MODEL_TRANSCRIBE_KEY" name:"transcribe-key"`
	TranscribeName string `help:"Model of the transcription endpoint." env:"CARELINE_MODEL_TRANSCRIBE_NAME" name:"transcribe-name"`
	Inside         bool   `help:"The endpoints stand inside the institution: nothing leaves it, and patients are not asked about it." env:"CARELINE_MODEL_INSIDE" name:"inside"`
	Country        string `help:"Country the endpoints stand in (ISO 3166), as patients are told." env:"CARELINE_MODEL_COUNTRY" name:"country" default:"CN"`
	Basis          string `help:"The institution's recorded basis for sending data abroad; without it no endpoint outside China is used." env:"CARELINE_MODEL_BASIS" name:"basis"`
	TokensPerDay   int    `help:"Tokens an institution may use a day, where it has no number of its own; then answers are composed." env:"CARELINE_MODEL_TOKENS_PER_DAY" name:"tokens-per-day" default:"2000000"`
	Concurrency    int    `help:"Calls of an institution at the same time." env:"CARELINE_MODEL_CONCURRENCY" name:"concurrency" default:"4"`
}

// scriptedModel as the URL is a model of our own that answers from the prompt by a
// script: for demonstrations without an endpoint.
const scriptedModel = "scripted"

func (c modelConfig) validate() error {
	switch {
	case c.URL == "":
		if c.SecondURL != "" {
			return errors.New("--model-second-url needs --model-url")
		}
		return nil
	case c.Name == "" && c.URL != scriptedModel:
		return errors.New("--model-url needs --model-name")
	case c.SecondURL != "" && c.SecondName == "":
		return errors.New("--model-second-url needs --model-second-name")
	case c.TokensPerDay < 1 || c.Concurrency < 1:
		return errors.New("--model-tokens-per-day and --model-concurrency must be positive")
	}
	region, err := language.ParseRegion(c.Country)
	if err != nil {
		return fmt.Errorf("--model-country: %q is no country such as CN", c.Country)
	}
	if c.outside() && region.String() != "CN" && c.Basis == "" {
		return errors.New("--model-country is not CN: an endpoint outside China stays off until the institution records its basis with --model-basis")
	}
	return nil
}

// outside reports whether texts leave the institution.
func (c modelConfig) outside() bool {
	return c.URL != scriptedModel && c.leaves(c.URL) || c.URL != "" && c.leaves(c.SecondURL)
}

// leaves reports whether what an endpoint reads leaves the institution.
func (c modelConfig) leaves(endpoint string) bool {
	if endpoint == "" || c.Inside {
		return false
	}
	u, err := url.Parse(endpoint)
	return err != nil || !loopback(u.Hostname()+":0")
}

// transcriber writes voice messages down, nil without an endpoint.
func (c modelConfig) transcriber() (*llm.Transcriber, error) {
	if c.TranscribeURL == "" {
		return nil, nil
	}
	return llm.NewTranscriber(llm.ModelConfig{BaseURL: c.TranscribeURL, Key: c.TranscribeKey, Model: c.TranscribeName})
}

// chat is the client of the configured endpoints, nil without one.
func (a *app) chat(c modelConfig) (*llm.Chat, error) {
	if err := c.validate(); err != nil {
		return nil, bot.Errorf(bot.KindInvalid, err.Error(), "model: %w", err)
	}
	if c.URL == "" {
		return nil, nil
	}
	if c.URL == scriptedModel {
		server, err := llmtest.Start(llmtest.Demo())
		if err != nil {
			return nil, fmt.Errorf("scripted model: %w", err)
		}
		a.scripted, c.URL, c.Name = server, server.URL, scriptedModel
	}
	config := llm.ChatConfig{
		Primary: llm.ModelConfig{BaseURL: c.URL, Key: c.Key, Model: c.Name}, Concurrency: c.Concurrency,
		Budget: func(ctx context.Context, id bot.InstitutionID) (int, error) {
			return a.store.TokensLeft(ctx, id, c.TokensPerDay, time.Now().UTC())
		},
	}
	if c.SecondURL != "" {
		config.Secondary = &llm.ModelConfig{BaseURL: c.SecondURL, Key: c.SecondKey, Model: c.SecondName}
	}
	return llm.NewChat(config)
}

// external is the model as patients are asked about it, nil where nothing leaves.
func (c modelConfig) external() *webchat.ExternalModel {
	region, err := language.ParseRegion(c.Country)
	if err != nil || !c.outside() && !c.leaves(c.TranscribeURL) {
		return nil
	}
	names := map[bot.Language]string{
		bot.Chinese: display.Regions(language.SimplifiedChinese).Name(region), bot.English: display.Regions(language.English).Name(region),
	}
	return &webchat.ExternalModel{Name: cmp.Or(c.Name, c.TranscribeName), Country: names}
}
