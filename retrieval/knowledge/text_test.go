package knowledge

import (
	"testing"

	"pgregory.net/rapid"

	"careline/bot"
	"careline/bot/postgres/postgrestest"
	"careline/retrieval/embed"
)

func TestWhateverIsAskedSearchDoesNotFail(t *testing.T) {
	t.Parallel()
	l := New(postgrestest.New(t), embed.BuiltIn(nil))
	index(t, l, file("X", bot.Chinese, "1", one))
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringN(0, 4000, -1), rapid.StringMatching(`[a-z'&|!():*\\ 甲的第一段]{0,40}`)).Draw(t, "question")
		if _, err := l.Search(ctx, Query{Institution: "default", Text: text, Language: bot.Chinese}); err != nil {
			t.Fatal(err)
		}
	})
}
