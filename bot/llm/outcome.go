package llm

import (
	"context"
	"errors"
	"fmt"

	"careline/bot"
)

// Outcome says how a call ended, in one word fit for a metric. Every outcome but
// OK is an error: it is in the chain of each error of this package.
type Outcome string

// The outcomes.
const (
	OK        Outcome = "ok"
	Open      Outcome = "open"           // the circuit is open: not called
	Spent     Outcome = "budget"         // the institution's tokens are spent: not called
	Busy      Outcome = "busy"           // the institution has too many calls under way: not called
	Timeout   Outcome = "timeout"        // the turn's deadline or the first token's, or too little left for a call
	Canceled  Outcome = "canceled"       // the caller left
	Status    Outcome = "status"         // HTTP 429 or 5xx, or an error inside the stream
	Refused   Outcome = "refused"        // another HTTP status, or a host that is not the configured one
	Reset     Outcome = "reset"          // no connection, or it broke before the answer began
	Truncated Outcome = "truncated"      // the answer stopped without saying that it is finished
	Garbage   Outcome = "garbage"        // not the protocol
	Oversized Outcome = "oversized"      // more than anybody asked for
	Empty     Outcome = "empty"          // finished, and nothing said
	Length    Outcome = "length"         // cut by the token limit
	Filtered  Outcome = "content_filter" // the endpoint's filter or the model declined
)

func (o Outcome) Error() string { return string(o) }

// Is makes a timeout and a cancellation what callers know them as.
func (o Outcome) Is(target error) bool {
	return o == Timeout && target == context.DeadlineExceeded || o == Canceled && target == context.Canceled
}

// OutcomeOf is the outcome behind an error of this package; OK for nil, "" for
// another package's error.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return OK
	}
	o, _ := errors.AsType[Outcome](err)
	return o
}

// unhealthy outcomes speak against the endpoint; the others against the request
// or the configuration, and come back at once.
func (o Outcome) unhealthy() bool {
	switch o {
	case Timeout, Status, Reset, Truncated, Garbage, Oversized:
		return true
	}
	return false
}

// passing outcomes may be over a moment later.
func (o Outcome) passing() bool { return o == Status || o == Reset || o == Truncated }

// failure is the error of an outcome, without the endpoint's own words: these may
// repeat a text or the key.
func failure(model string, o Outcome) error {
	const later = "The model endpoint does not answer. Try again later."
	err := fmt.Errorf("llm: model %s: %w", model, o)
	switch o {
	case OK:
		return nil
	case Refused:
		return bot.Errorf(bot.KindInvalid, "The model endpoint refused the request: check its address, key and model.", "%w", err)
	case Garbage:
		return bot.Errorf(bot.KindUnavailable, "The model endpoint's answer cannot be read: check its address and model.", "%w", err)
	}
	return bot.Errorf(bot.KindUnavailable, later, "%w", err)
}
