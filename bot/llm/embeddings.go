package llm

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	openai "github.com/sashabaranov/go-openai"
)

// Embed returns one vector a text, in order, all of one dimension. Each text is
// redacted first. A call that a moment later may succeed is tried once more.
// Errors name the model and the status, never a text, the key or what the
// endpoint answered, which may repeat either.
func (c *Client) Embed(ctx context.Context, model string, texts []string) ([][]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	clean := make([]string, len(texts))
	for i, text := range texts {
		clean[i] = Redact(text)
	}
	request := openai.EmbeddingRequestStrings{Input: clean, Model: openai.EmbeddingModel(model), EncodingFormat: openai.EmbeddingEncodingFormatFloat}
	answer, err := c.api.CreateEmbeddings(ctx, request)
	if again(ctx, err) && pause(ctx) {
		answer, err = c.api.CreateEmbeddings(ctx, request)
	}
	if err != nil {
		return nil, failure(ctx, model, err)
	}
	return inOrder(model, answer.Data, len(texts))
}

// inOrder puts the vectors where their index says and checks that each text has one.
func inOrder(model string, data []openai.Embedding, texts int) ([][]float32, error) {
	vectors := make([][]float32, texts)
	for _, d := range data {
		if d.Index < 0 || d.Index >= texts || vectors[d.Index] != nil || len(d.Embedding) == 0 || len(d.Embedding) != len(data[0].Embedding) {
			return nil, garbled(model)
		}
		vectors[d.Index] = d.Embedding
	}
	if len(data) != texts {
		return nil, garbled(model)
	}
	return vectors, nil
}

// again reports whether the call may succeed a moment later: the endpoint is
// busy or failing, or the connection broke.
func again(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	status := statusOf(err)
	return status == http.StatusTooManyRequests || status >= 500 || status == 0 && network(err)
}

// pause waits 200 to 600 ms, so that callers that failed together do not come
// back together; false when the deadline comes first.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(200*time.Millisecond + rand.N(400*time.Millisecond)):
		return true
	case <-ctx.Done():
		return false
	}
}
