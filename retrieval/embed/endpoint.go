package embed

import (
	"context"
	"fmt"
	"slices"

	"careline/bot"
	"careline/bot/llm"
)

// batch is how many texts one request carries: what common servers accept.
const batch = 64

// Endpoint embeds with a model behind an OpenAI-compatible endpoint. A vector of
// another dimension is an error: it could not be compared with the stored ones.
func Endpoint(client *llm.Client, model string, dimension int) Embedder {
	return endpoint{client, model, dimension}
}

type endpoint struct {
	client    *llm.Client
	model     string
	dimension int
}

func (e endpoint) Model() string  { return e.model }
func (e endpoint) Dimension() int { return e.dimension }

func (e endpoint) Embed(ctx context.Context, texts []string, _ bool) ([][]float32, error) {
	all := make([][]float32, 0, len(texts))
	for some := range slices.Chunk(texts, batch) {
		vectors, err := e.client.Embed(ctx, e.model, some)
		if err != nil {
			return nil, fmt.Errorf("embed: %w", err)
		}
		for _, v := range vectors {
			if len(v) != e.dimension {
				return nil, bot.Errorf(bot.KindInvalid, "The embedding model's dimension is not the configured one: set --embed-dimension.",
					"embed: model %s answered %d dimensions, configured are %d", e.model, len(v), e.dimension)
			}
		}
		all = append(all, vectors...)
	}
	return all, nil
}
