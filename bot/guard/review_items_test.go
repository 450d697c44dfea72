package guard_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"careline/bot/fold"
	"careline/retrieval/labs"
)

func TestTheReviewKnowsEveryNameOfTheCatalogue(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("data/review/lexicon-analytes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := labs.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range catalogue.All() {
		for language, name := range a.Names {
			for _, n := range append([]string{name}, a.Aliases[language]...) {
				if n = fold.Text(n); utf8.RuneCountInString(n) > 1 && !strings.Contains(string(raw), "- "+strconv.Quote(n)+"\n") {
					t.Errorf("%s: %q is missing", a.ID, n)
				}
			}
		}
	}
}
