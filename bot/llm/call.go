package llm

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"careline/bot"
)

const (
	// answerLimit is far above any answer a channel carries.
	answerLimit = 64 << 10
	// temperature is low: the same evidence should be explained the same way.
	temperature = 0.2
)

// call asks one model once.
func (c *Chat) call(ctx context.Context, m model, q question) (Reply, Outcome) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	impatience := time.AfterFunc(c.timings.FirstToken, func() { cancel(Timeout) })
	defer impatience.Stop()
	start := time.Now()
	var heard answer
	var sent bool
	outcome := m.client.guarded(ctx, func() error {
		err := heard.listen(ctx, m, q, impatience)
		sent = billable(err)
		return err
	})
	c.counts.add(outcome)
	reply := Reply{Model: m.name}
	if outcome == OK {
		reply.Text = heard.text.String()
	}
	if outcome != Open {
		reply.Usage = heard.usage(q, sent)
		reply.Usage.TookMS = int(time.Since(start).Milliseconds())
	}
	return reply, outcome
}

// billable reports whether a call may have cost tokens: not when there was no
// connection or the endpoint answered with a status.
func billable(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return false
	}
	status, _ := statusOf(err)
	return status == 0
}

// answer is what was heard of a streamed answer.
type answer struct {
	text     strings.Builder
	thought  strings.Builder // what a reasoning model says to itself: paid for, never shown
	finish   openai.FinishReason
	declined bool
	counted  *openai.Usage // what the endpoint says it took; nil if it does not say
}

// listen reads one streamed answer to its end. A finish reason is the proof that
// the answer is whole.
func (a *answer) listen(ctx context.Context, m model, q question, impatience *time.Timer) error {
	stream, err := m.client.api.CreateChatCompletionStream(ctx, q.request(m.name))
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	if !strings.HasPrefix(stream.Header().Get("Content-Type"), "text/event-stream") {
		return Garbage
	}
	for {
		piece, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return a.verdict()
		case err != nil && a.begun() && outcomeOf(ctx, err) == Reset:
			return Truncated
		case err != nil:
			return err
		}
		a.take(piece)
		if a.begun() {
			impatience.Stop()
		}
		if a.text.Len()+a.thought.Len() > answerLimit {
			return Oversized
		}
	}
}

func (a *answer) take(piece openai.ChatCompletionStreamResponse) {
	if piece.Usage != nil {
		a.counted = piece.Usage
	}
	for _, choice := range piece.Choices {
		if choice.Index != 0 {
			continue
		}
		a.text.WriteString(choice.Delta.Content)
		a.thought.WriteString(choice.Delta.ReasoningContent)
		a.declined = a.declined || choice.Delta.Refusal != ""
		if choice.FinishReason != "" {
			a.finish = choice.FinishReason
		}
	}
}

func (a *answer) begun() bool { return a.text.Len() > 0 || a.thought.Len() > 0 || a.finish != "" }

// verdict says what a stream that ended amounts to.
func (a *answer) verdict() error {
	switch {
	case a.finish == openai.FinishReasonContentFilter || a.declined:
		return Filtered
	case a.finish == openai.FinishReasonLength:
		return Length
	case a.finish == "" && a.begun():
		return Truncated
	case strings.TrimSpace(a.text.String()) == "":
		return Empty
	case a.finish != openai.FinishReasonStop:
		return Garbage
	}
	return nil
}

// usage is what the endpoint counted, else our estimate.
func (a *answer) usage(q question, sent bool) bot.Usage {
	switch {
	case a.counted != nil:
		return bot.Usage{Calls: 1, PromptTokens: max(a.counted.PromptTokens, 0), CompletionTokens: max(a.counted.CompletionTokens, 0)}
	case sent:
		return bot.Usage{Calls: 1, PromptTokens: q.promptTokens(), CompletionTokens: tokens(a.text.String()) + tokens(a.thought.String())}
	}
	return bot.Usage{Calls: 1}
}
