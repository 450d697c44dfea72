package guard

import (
	"testing"

	"careline/bot"
)

func TestReviewsAreCounted(t *testing.T) {
	t.Parallel()
	g := reviewer(t)
	g.Review(Draft{Text: "请看 www.example.cn 和 www.example.com 。"}, bot.Evidence{})
	g.Review(Draft{Text: "好的，我在看。"}, bot.Evidence{})
	got := g.Counts()
	if got.Reviews != 2 || got.Accepted != 1 || got.Checks["V8"] != 1 {
		t.Errorf("counted %+v", got)
	}
	if n, ok := got.Checks["V7"]; !ok || n != 0 {
		t.Error("a check that stopped nothing is not in the counts")
	}
}

func TestTheCatalogueHasWordsForNinetyItems(t *testing.T) {
	t.Parallel()
	if n := len(reviewer(t).words.related) - 1; n < 90 {
		t.Errorf("related words for %d items", n)
	}
}
