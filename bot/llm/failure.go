package llm

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"

	openai "github.com/sashabaranov/go-openai"

	"careline/bot"
)

// failure is an error without the endpoint's own words: these may repeat a text
// or the key.
func failure(ctx context.Context, model string, err error) error {
	const later = "The model endpoint does not answer. Try again later."
	status := statusOf(err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Canceled
	case ctx.Err() != nil:
		return bot.Errorf(bot.KindUnavailable, later, "llm: model %s: no answer in time: %w", model, ctx.Err())
	case status == http.StatusTooManyRequests || status >= 500:
		return bot.Errorf(bot.KindUnavailable, later, "llm: model %s: HTTP status %d", model, status)
	case status != 0:
		return bot.Errorf(bot.KindInvalid, "The model endpoint refused the request: check its address, key and model.", "llm: model %s: HTTP status %d", model, status)
	case network(err):
		return bot.Errorf(bot.KindUnavailable, later, "llm: model %s: connection failed", model)
	}
	return garbled(model)
}

func garbled(model string) error {
	return bot.Errorf(bot.KindUnavailable, "The model endpoint's answer cannot be read: check its address and model.", "llm: model %s: not an embeddings answer", model)
}

func statusOf(err error) int {
	if e, ok := errors.AsType[*openai.APIError](err); ok {
		return e.HTTPStatusCode
	}
	if e, ok := errors.AsType[*openai.RequestError](err); ok {
		return e.HTTPStatusCode
	}
	return 0
}

func network(err error) bool {
	if _, ok := errors.AsType[*url.Error](err); ok {
		return true
	}
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.ErrUnexpectedEOF)
}
