package knowledge

import (
	"context"
	"slices"
	"testing"

	"careline/bot"
	"careline/bot/postgres/postgrestest"
	"careline/retrieval/embed"
)

type questions struct {
	Chinese      []question                `yaml:"zh"`
	English      []question                `yaml:"en"`
	Unanswerable map[bot.Language][]string `yaml:"unanswerable"`
}

type question struct {
	Ask      string   `yaml:"ask"`
	Document []string `yaml:"document"`
}

// recall is the least share of questions whose document must be among the five
// passages found.
const recall = 0.95

func TestQuestionsFindTheirDocument(t *testing.T) {
	t.Parallel()
	l, _ := indexedLibrary(t)
	var cases questions
	readYAML(t, "testdata/questions.yaml", &cases)
	for language, asked := range map[bot.Language][]question{bot.Chinese: cases.Chinese, bot.English: cases.English} {
		found, answerable := 0, 0
		for _, q := range asked {
			if !slices.ContainsFunc(q.Document, func(id string) bool { return has(t, l, language, id) }) {
				continue
			}
			answerable++
			passages, err := l.Search(t.Context(), Query{Institution: "default", Text: q.Ask, Language: language})
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(passages, func(p bot.Passage) bool { return slices.Contains(q.Document, p.Document) }) {
				found++
				continue
			}
			t.Logf("%s: %s: wanted %v, found %v", language, q.Ask, q.Document, documents(passages))
		}
		t.Logf("%s: %d of %d questions find their document", language, found, answerable)
		if float64(found) < recall*float64(answerable) {
			t.Errorf("%s: %d of %d questions find their document, want %.0f %%", language, found, answerable, 100*recall)
		}
	}
}

func TestQuestionsTheLibraryCannotAnswerFindNothing(t *testing.T) {
	t.Parallel()
	l, _ := indexedLibrary(t)
	var cases questions
	readYAML(t, "testdata/questions.yaml", &cases)
	for language, asked := range cases.Unanswerable {
		for _, q := range append(asked, "", "？！", "87 120") {
			passages, err := l.Search(t.Context(), Query{Institution: "default", Text: q, Language: language})
			if err != nil || len(passages) > 0 {
				t.Errorf("%s: %q found %v, %v", language, q, documents(passages), err)
			}
		}
	}
}

func has(t *testing.T, l *Library, language bot.Language, id string) bool {
	t.Helper()
	passages, err := l.Document(t.Context(), "default", language, id)
	if err != nil {
		t.Fatal(err)
	}
	return len(passages) > 0
}

func documents(passages []bot.Passage) []string {
	var ids []string
	for _, p := range passages {
		ids = append(ids, p.Document+"#"+string(p.Section))
	}
	return ids
}

func TestTheEndpointBeingDownLeavesFullText(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	l := New(db, broken{embed.BuiltIn(nil)})
	if _, err := l.IndexEmbedded(t.Context()); err != nil {
		t.Fatal(err)
	}
	passages, err := l.Search(t.Context(), Query{Institution: "default", Text: "胆红素高 眼白发黄", Language: bot.Chinese})
	if err != nil || len(passages) == 0 || passages[0].Document != "tbil" {
		t.Errorf("found %v, %v", documents(passages), err)
	}
}

// TestAQuestionThatMayNotLeaveIsNotEmbeddedElsewhere: full text answers it.
func TestAQuestionThatMayNotLeaveIsNotEmbeddedElsewhere(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	const secret = "胆红素高 眼白发黄"
	endpoint := &listening{Embedder: embed.BuiltIn(nil)}
	l := New(db, endpoint)
	if _, err := l.IndexEmbedded(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, inside := range []bool{true, false} {
		passages, err := l.Search(t.Context(), Query{Institution: "default", Text: secret, Language: bot.Chinese, Inside: inside})
		if err != nil || len(passages) == 0 || passages[0].Document != "tbil" {
			t.Errorf("inside %v: found %v, %v", inside, documents(passages), err)
		}
		if heard := slices.Contains(endpoint.texts, secret); heard == inside {
			t.Errorf("inside %v: the endpoint heard it: %v", inside, heard)
		}
	}
}

// listening is an endpoint that keeps what it is sent.
type listening struct {
	embed.Embedder
	texts []string
}

func (*listening) Model() string { return "an-endpoint" }

func (l *listening) Embed(ctx context.Context, texts []string, query bool) ([][]float32, error) {
	l.texts = append(l.texts, texts...)
	return l.Embedder.Embed(ctx, texts, query)
}

func TestAHitCarriesItsTitleSourcesAndScore(t *testing.T) {
	t.Parallel()
	l, _ := indexedLibrary(t)
	passages, err := l.Search(t.Context(), Query{Institution: "default", Text: "ALT 是什么", Language: bot.Chinese, Limit: 3})
	if err != nil || len(passages) != 3 {
		t.Fatalf("%d passages, %v", len(passages), err)
	}
	for i, p := range passages {
		if p.Document != "alt" || p.Title == "" || p.Version != 1 || p.ReviewedBy != "" || p.Score <= 0 || i > 0 && p.Score > passages[i-1].Score {
			t.Errorf("%d: %+v", i, p)
		}
	}
}
