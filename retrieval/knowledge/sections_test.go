package knowledge

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
	"careline/retrieval/embed"
)

// own stores a document of an institution's own beside the library.
func own(t *testing.T, db *postgres.DB, id bot.InstitutionID, document, text string) {
	t.Helper()
	if _, err := db.Pool.Exec(t.Context(), `
		with d as (insert into documents (institution_id, document_id, language, title, analytes, version, status, sources, digest, indexed_at)
			values ($1, $2, 'zh', 'Own', array[$2], 1, 'published', '[[{"title":"Ours","publisher":"Us","year":2026}]]', 'x', now()) returning key)
		insert into passages (document_key, institution_id, language, status, document_id, section, position, heading, analytes, body, tokens)
			select key, $1, 'zh', 'published', $2, 'measures', 0, '是什么', array[$2], $3, $4::text::tsvector from d`,
		id, document, text, lexemes("Own", "是什么", text)); err != nil {
		t.Fatal(err)
	}
}

func withInstitutions(t *testing.T) *postgres.DB {
	t.Helper()
	db := postgrestest.New(t)
	for _, id := range []bot.InstitutionID{"east", "west"} {
		err := db.In(t.Context(), id, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `insert into institutions (id, name, time_zone, created_at) values ($1, $1, 'UTC', now())`, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func TestSectionsComeInTheOrderOfTheAnalytes(t *testing.T) {
	t.Parallel()
	l := New(postgrestest.New(t), embed.BuiltIn(nil))
	index(t, l, file("A", bot.Chinese, "1", one), file("B", bot.Chinese, "1", short), file("A", bot.English, "1", "## What {#measures}\nText.[S1]\n"))
	for range 2 { // the second time from memory
		got, err := l.Sections(t.Context(), "default", bot.Chinese, []bot.AnalyteID{"B", "A", "B", "NONE"})
		if err != nil || !slices.Equal(texts(got), []string{"换过的一段。", "甲的第一段。", "看医生。"}) {
			t.Errorf("%v, %v", texts(got), err)
		}
		want := bot.Passage{Document: "B", Title: "Document B", Section: "measures", Heading: "是什么", Language: bot.Chinese, Analytes: []bot.AnalyteID{"B"},
			Text: "换过的一段。", Items: []string{}, Version: 1, Sources: []bot.Source{{Title: "Two", Publisher: "Q", Year: 2021}}}
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Error(diff)
		}
		got[0].ID = "K1" // a caller's ids stay the caller's
	}
	if got, err := l.Sections(t.Context(), "default", bot.Chinese, nil); err != nil || got != nil {
		t.Errorf("no analytes: %v, %v", got, err)
	}
}

func TestADocumentIsReadWhole(t *testing.T) {
	t.Parallel()
	l := New(postgrestest.New(t), embed.BuiltIn(nil))
	index(t, l, file("A", bot.Chinese, "1", one))
	for range 2 {
		got, err := l.Document(t.Context(), "default", bot.Chinese, "A")
		if err != nil || !slices.Equal(texts(got), []string{"甲的第一段。", "看医生。"}) || got[0].ID != "" {
			t.Errorf("%v, %v", texts(got), err)
		}
		got[0].ID = "K1"
	}
	if got, err := l.Document(t.Context(), "default", bot.English, "A"); err != nil || len(got) != 0 {
		t.Errorf("in a language it is not in: %v, %v", texts(got), err)
	}
}

func TestAnInstitutionsOwnDocumentReplacesTheLibrarysForItAlone(t *testing.T) {
	t.Parallel()
	db := withInstitutions(t)
	l := New(db, embed.BuiltIn(nil))
	own(t, db, "east", "A", "东院自己的一段。")
	index(t, l, file("A", bot.Chinese, "1", one))
	for id, want := range map[bot.InstitutionID][]string{"east": {"东院自己的一段。"}, "west": {"甲的第一段。", "看医生。"}} {
		sections, err := l.Sections(t.Context(), id, bot.Chinese, []bot.AnalyteID{"A"})
		if err != nil || !slices.Equal(texts(sections), want) {
			t.Errorf("%s sections: %v, %v", id, texts(sections), err)
		}
		document, err := l.Document(t.Context(), id, bot.Chinese, "A")
		if err != nil || !slices.Equal(texts(document), want) {
			t.Errorf("%s document: %v, %v", id, texts(document), err)
		}
		found, err := l.Search(t.Context(), Query{Institution: id, Text: "东院自己的一段，甲的第一段，看医生", Language: bot.Chinese})
		slices.Sort(want)
		if got := texts(found); err != nil || !slices.Equal(slices.Sorted(slices.Values(got)), want) {
			t.Errorf("%s search: %v, %v", id, got, err)
		}
	}
	if err := l.Reembed(context.WithoutCancel(t.Context()), func(int, int) {}); err != nil {
		t.Errorf("re-embedding with own documents: %v", err)
	}
}
