package llm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	openai "github.com/sashabaranov/go-openai"
)

// outcomeOf classifies what a call under ctx returned.
func outcomeOf(ctx context.Context, err error) Outcome {
	if err == nil {
		return OK
	}
	if ended := context.Cause(ctx); ended != nil {
		return ending(ended)
	}
	if o, ok := errors.AsType[Outcome](err); ok {
		return o
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Oversized
	}
	status, fromEndpoint := statusOf(err)
	switch {
	case status == http.StatusTooManyRequests || status >= 500 || fromEndpoint && status == 0:
		return Status
	case fromEndpoint || errors.Is(err, openai.ErrChatCompletionInvalidModel):
		return Refused
	case malformed(err):
		return Garbage
	}
	return Reset
}

// ending is the outcome of a context that is over.
func ending(cause error) Outcome {
	if errors.Is(cause, context.Canceled) {
		return Canceled
	}
	return Timeout
}

// statusOf is the HTTP status of an error the endpoint itself sent; 0 for one
// inside a stream.
func statusOf(err error) (status int, fromEndpoint bool) {
	if e, ok := errors.AsType[*openai.APIError](err); ok {
		return e.HTTPStatusCode, true
	}
	if e, ok := errors.AsType[*openai.RequestError](err); ok {
		return e.HTTPStatusCode, true
	}
	return 0, false
}

// malformed reports whether what came is not the protocol; any other error is the
// connection's.
func malformed(err error) bool {
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return true
	}
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	// A bare EOF is a body with nothing in it; a wrapped one is a broken connection.
	return ok || err == io.EOF || errors.Is(err, openai.ErrTooManyEmptyStreamMessages)
}
