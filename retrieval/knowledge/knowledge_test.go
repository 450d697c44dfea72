package knowledge

import (
	"context"
	"os"
	"testing"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
	"careline/retrieval/embed"
)

// synonyms are the groups these tests embed with.
func synonyms(t testing.TB) [][]string {
	t.Helper()
	var groups [][]string
	readYAML(t, "testdata/synonyms.yaml", &groups)
	return groups
}

func readYAML(t testing.TB, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(raw, into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// indexedLibrary is the library that comes with the binary, on a database of its own.
func indexedLibrary(t testing.TB) (*Library, *postgres.DB) {
	t.Helper()
	db := postgrestest.New(t)
	l := New(db, embed.BuiltIn(synonyms(t)))
	if _, err := l.IndexEmbedded(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l, db
}

func parsed(t testing.TB, files ...string) []document {
	t.Helper()
	var all []document
	for _, f := range files {
		d, err := parse("test.md", []byte(f))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// file is a document for tests.
func file(id string, language bot.Language, version, body string) string {
	return `---
id: ` + id + `
language: ` + string(language) + `
title: Document ` + id + `
analytes: [` + id + `]
version: ` + version + `
status: published
reviewed_by: none
sources:
  - {id: S1, title: One, publisher: P, year: 2020}
  - {id: S2, title: Two, publisher: Q, year: 2021}
---
` + body
}

func texts(passages []bot.Passage) []string {
	var all []string
	for _, p := range passages {
		all = append(all, p.Text)
	}
	return all
}

// broken is an endpoint that does not answer.
type broken struct{ embed.Embedder }

func (broken) Model() string { return "an-endpoint" }

func (broken) Embed(context.Context, []string, bool) ([][]float32, error) {
	return nil, bot.Errorf(bot.KindUnavailable, "Down.", "down")
}

// other is another model, one that costs.
type other struct{ embed.Embedder }

func (other) Model() string { return "another-model" }
