package llm

import (
	"context"
	"math/rand/v2"
	"time"

	openai "github.com/sashabaranov/go-openai"
)

// Embed returns one vector a text, in order, all of one dimension. Each text is
// redacted first; names are not known here. A call that a moment later may
// succeed is tried once more. Errors name the model and the outcome, never a
// text, the key or what the endpoint answered, which may repeat either.
func (c *Client) Embed(ctx context.Context, model string, texts []string) ([][]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.timings.Deadline)
	defer cancel()
	clean := make([]string, len(texts))
	for i, text := range texts {
		clean[i] = Redact(text)
	}
	request := openai.EmbeddingRequestStrings{Input: clean, Model: openai.EmbeddingModel(model), EncodingFormat: openai.EmbeddingEncodingFormatFloat}
	var vectors [][]float32
	call := func() error {
		answer, err := c.api.CreateEmbeddings(ctx, request)
		if err != nil {
			return err
		}
		vectors, err = inOrder(answer.Data, len(texts))
		return err
	}
	outcome := c.guarded(ctx, call)
	if outcome.passing() && pause(ctx, c.timings.Pause) {
		outcome = c.guarded(ctx, call)
	}
	if outcome != OK {
		return nil, failure(model, outcome)
	}
	return vectors, nil
}

// inOrder puts the vectors where their index says and checks that each text has one.
func inOrder(data []openai.Embedding, texts int) ([][]float32, error) {
	vectors := make([][]float32, texts)
	for _, d := range data {
		if d.Index < 0 || d.Index >= texts || vectors[d.Index] != nil || len(d.Embedding) == 0 || len(d.Embedding) != len(data[0].Embedding) {
			return nil, Garbage
		}
		vectors[d.Index] = d.Embedding
	}
	if len(data) != texts {
		return nil, Garbage
	}
	return vectors, nil
}

// pause waits one to three times d, so that callers that failed together do not
// come back together; false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d + rand.N(2*d)):
		return true
	case <-ctx.Done():
		return false
	}
}
