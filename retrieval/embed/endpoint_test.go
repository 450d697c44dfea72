package embed_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"careline/bot"
	"careline/bot/llm"
	"careline/bot/llm/llmtest"
	"careline/retrieval/embed"
)

func endpoint(t *testing.T, dimension int, script ...llmtest.Reply) (embed.Embedder, *llmtest.Server) {
	t.Helper()
	s := llmtest.New(t, script...)
	client, err := llm.New(llm.Config{BaseURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	return embed.Endpoint(client, "a-model", dimension), s
}

func TestAnEndpointIsAskedInBatches(t *testing.T) {
	t.Parallel()
	e, s := endpoint(t, 4, llmtest.Vectors(4))
	var texts []string
	for i := range 130 {
		texts = append(texts, "text "+strconv.Itoa(i))
	}
	got := vectors(t, e, texts...)
	for i, text := range texts {
		if !slices.Equal(got[i], llmtest.Vector(text, 4)) {
			t.Fatalf("text %d has another's vector", i)
		}
	}
	if n := len(s.Bodies()); n != 3 || e.Model() != "a-model" || e.Dimension() != 4 {
		t.Errorf("%d requests of %s in %d dimensions", n, e.Model(), e.Dimension())
	}
}

func TestAnotherDimensionIsRefused(t *testing.T) {
	t.Parallel()
	e, _ := endpoint(t, 4, llmtest.Vectors(5))
	_, err := e.Embed(t.Context(), []string{"x"}, false)
	if bot.KindOf(err) != bot.KindInvalid || !strings.Contains(err.Error(), "5 dimensions") {
		t.Errorf("%v", err)
	}
}

func TestAQuestionIsRedactedBeforeItIsEmbedded(t *testing.T) {
	t.Parallel()
	e, s := endpoint(t, 4, llmtest.Status(http.StatusTooManyRequests), llmtest.Vectors(4))
	vectors(t, e, "我的电话１３８００１３８０００，转氨酶87")
	for _, body := range s.Bodies() {
		if strings.Contains(string(body), "1380013") || strings.Contains(string(body), "１３８") || !strings.Contains(string(body), "转氨酶87") {
			t.Errorf("%s", body)
		}
	}
}
