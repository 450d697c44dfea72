// Package embed turns text into vectors: built in, or by an OpenAI-compatible
// endpoint.
package embed

import "context"

// Embedder turns texts into vectors of one dimension. The model's name is stored
// with each vector: vectors of two models are never compared.
type Embedder interface {
	Model() string
	Dimension() int
	// Embed returns one vector a text, in order. query is true for what a person
	// asks, false for what is stored.
	Embed(ctx context.Context, texts []string, query bool) ([][]float32, error)
}
