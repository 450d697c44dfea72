package knowledge

import (
	"context"
	"slices"
	"testing"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
	"careline/retrieval/embed"
)

const (
	one   = "## 是什么 {#measures}\n甲的第一段。[S1]\n\n## 怎么做 {#high-do}\n- 看医生。[S2]\n"
	short = "## 是什么 {#measures}\n换过的一段。[S2]\n"
)

func count(t testing.TB, db *postgres.DB, sql string, args ...any) (n int) {
	t.Helper()
	if err := db.Pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func index(t testing.TB, l *Library, files ...string) Indexed {
	t.Helper()
	got, err := l.index(t.Context(), parsed(t, files...))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestIndexingFollowsTheLibrary(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	l := New(db, embed.BuiltIn(nil))
	steps := []struct {
		name      string
		files     []string
		want      Indexed
		published int // documents
		vectors   int
		first     string // of document X
	}{
		{"first", []string{file("X", bot.Chinese, "1", one), file("Y", bot.Chinese, "1", one)}, Indexed{2, 4}, 2, 4, "甲的第一段。"},
		{"nothing changed", []string{file("X", bot.Chinese, "1", one), file("Y", bot.Chinese, "1", one)}, Indexed{2, 4}, 2, 4, "甲的第一段。"},
		{"changed at the same version", []string{file("X", bot.Chinese, "1", short), file("Y", bot.Chinese, "1", one)}, Indexed{2, 3}, 2, 3, "换过的一段。"},
		{"a new version", []string{file("X", bot.Chinese, "2", one), file("Y", bot.Chinese, "1", one)}, Indexed{2, 4}, 2, 4, "甲的第一段。"},
		{"one gone", []string{file("X", bot.Chinese, "2", one)}, Indexed{1, 2}, 1, 2, "甲的第一段。"},
		{"back to an older version", []string{file("X", bot.Chinese, "1", short)}, Indexed{1, 1}, 1, 1, "换过的一段。"},
	}
	for _, s := range steps {
		if got := index(t, l, s.files...); got != s.want {
			t.Errorf("%s: %+v, want %+v", s.name, got, s.want)
		}
		if n := count(t, db, `select count(*) from documents where status = 'published'`); n != s.published {
			t.Errorf("%s: %d published documents, want %d", s.name, n, s.published)
		}
		if n := count(t, db, `select count(*) from passage_vectors`); n != s.vectors {
			t.Errorf("%s: %d vectors, want %d", s.name, n, s.vectors)
		}
		passages, err := l.Sections(t.Context(), "default", bot.Chinese, []bot.AnalyteID{"X"})
		if err != nil || len(passages) == 0 || passages[0].Text != s.first {
			t.Errorf("%s: %v, %v, want %q first", s.name, texts(passages), err, s.first)
		}
	}
}

func TestACurrentLibraryIsLeftUntouched(t *testing.T) {
	t.Parallel()
	l, db := indexedLibrary(t)
	const newest = `select max(extract(epoch from indexed_at) * 1000000)::bigint from documents`
	before := count(t, db, newest)
	got, err := New(db, l.embedder).IndexEmbedded(t.Context())
	if err != nil || got.Documents == 0 || got.Passages != count(t, db, `select count(*) from passages`) {
		t.Fatalf("%+v, %v", got, err)
	}
	if count(t, db, newest) != before {
		t.Error("a current document was written again")
	}
}

func TestTwoServersStartingTogetherIndexOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	docs := parsed(t, file("X", bot.Chinese, "1", one), file("X", bot.English, "1", one))
	errs := make(chan error)
	for range 3 {
		go func() {
			_, err := New(db, embed.BuiltIn(nil)).index(t.Context(), docs)
			errs <- err
		}()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := count(t, db, `select count(*) from passages`); n != 4 {
		t.Errorf("%d passages, want 4", n)
	}
}

func TestANewBuiltInModelTakesOverAtOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	index(t, New(db, embed.BuiltIn(nil)), file("X", bot.Chinese, "1", one))
	changed := New(db, embed.BuiltIn([][]string{{"甲", "乙"}}))
	index(t, changed, file("X", bot.Chinese, "1", one))
	if n := count(t, db, `select count(*) from passage_vectors where model = $1`, changed.embedder.Model()); n != 2 {
		t.Errorf("%d vectors of the new model, want 2", n)
	}
	if n := count(t, db, `select count(*) from embedding_models`); n != 1 {
		t.Errorf("%d models, want the new one alone", n)
	}
}

func TestAnEndpointsModelWaitsUntilReembeddingIsThrough(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	old := New(db, embed.BuiltIn(nil))
	index(t, old, file("X", bot.Chinese, "1", one))
	l := New(db, other{embed.BuiltIn(nil)})
	index(t, l, file("X", bot.Chinese, "1", one))
	if n := count(t, db, `select count(*) from passage_vectors where model = 'another-model'`); n != 0 {
		t.Fatalf("%d vectors were made without being asked", n)
	}
	const question = "甲的第一段"
	if got, err := l.Search(t.Context(), Query{Institution: "default", Text: question, Language: bot.Chinese}); err != nil || len(got) == 0 {
		t.Errorf("full text found %v, %v", texts(got), err)
	}
	interrupted, cancel := context.WithCancel(t.Context())
	if err := l.Reembed(interrupted, func(int, int) { cancel() }); err == nil {
		t.Error("an interrupted run reports success")
	}
	if n := count(t, db, `select count(*) from embedding_models where active and model = $1`, old.embedder.Model()); n != 1 {
		t.Error("the old model is not in use any more")
	}
	var seen [][2]int
	if err := l.Reembed(t.Context(), func(done, total int) { seen = append(seen, [2]int{done, total}) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, [][2]int{{0, 2}, {2, 2}}) {
		t.Errorf("progress %v", seen)
	}
	if n := count(t, db, `select count(*) from passage_vectors where model <> 'another-model'`); n != 0 {
		t.Errorf("%d vectors of the old model are left", n)
	}
	if err := l.Reembed(t.Context(), func(int, int) {}); err != nil {
		t.Errorf("again: %v", err)
	}
	// A process that still runs with the built-in model must not take over.
	index(t, old, file("X", bot.Chinese, "2", one))
	if n := count(t, db, `select count(*) from embedding_models where active and model = 'another-model'`); n != 1 {
		t.Error("an endpoint's vectors were thrown away")
	}
	index(t, l, file("X", bot.Chinese, "2", one))
	if n := count(t, db, `select count(*) from passage_vectors where model = 'another-model'`); n != 2 {
		t.Errorf("%d vectors of the changed document, want 2", n)
	}
}

// wide is another-model configured with another dimension.
type wide struct{ other }

func (wide) Dimension() int { return 8 }

func TestAModelsDimensionCannotChange(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	index(t, New(db, other{embed.BuiltIn(nil)}), file("X", bot.Chinese, "1", one))
	err := New(db, wide{other{embed.BuiltIn(nil)}}).Reembed(t.Context(), func(int, int) {})
	if bot.KindOf(err) != bot.KindConflict {
		t.Errorf("%v", err)
	}
}
