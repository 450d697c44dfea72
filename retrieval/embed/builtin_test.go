package embed_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"careline/retrieval/embed"
)

var groups = [][]string{{"ALT", "谷丙转氨酶", "转氨酶", "alanine aminotransferase"}, {"AST", "GOT", "谷草转氨酶"}, {"K", "血钾", "potassium"}, {"UA", "尿酸"}}

func vectors(t testing.TB, e embed.Embedder, texts ...string) [][]float32 {
	t.Helper()
	got, err := e.Embed(t.Context(), texts, true)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func cosine(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestTermsAreChinesePairsAndLatinWords(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"谷丙转氨酶":                            {"谷丙", "丙转", "转氨", "氨酶"},
		"血 钾 高":                            {"血钾", "钾高"},
		"钾（K）7.1":                          {"钾", "k"},
		"转氨酶高了怎么办":                         {"转氨", "氨酶", "酶高"},
		"ＡＬＴ 偏高":                           {"alt"},
		"HbA1c 6.5%, B12 and CA125":        {"hba1c", "b12", "ca125"},
		"What does a high ALT mean?":       {"alt"},
		"liver liver":                      {"liver", "liver"},
		strings.Repeat("a", 3000) + " alt": {"alt"},
		"γ-GT":                             {"γ", "gt"},
		"87 120 2026-05-12 ，。？！ \u200b":    nil,
	}
	for text, want := range cases {
		if got := embed.Terms(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSynonymsMeet(t *testing.T) {
	t.Parallel()
	e := embed.BuiltIn(groups)
	for _, c := range []struct {
		a, near, far string
	}{
		{"转氨酶高要紧吗", "alanine aminotransferase is raised", "potassium is raised"},
		{"转氨酶", "ALT", "尿酸"},
		{"potassium", "血钾", "ALT"},
		{"ＡＬＴ", "谷丙转氨酶", "salt in food"},
		{"liver enzyme", "liver enzymes", "kidney stones"},
		{"AST", "谷草转氨酶", "I got wet"},
		{"血钾7.1", "k 7.1", "k9 dogs"},
	} {
		v := vectors(t, e, c.a, c.near, c.far)
		if near, far := cosine(v[0], v[1]), cosine(v[0], v[2]); near < far+0.2 {
			t.Errorf("%q is %.2f from %q and %.2f from %q", c.a, near, c.near, far, c.far)
		}
	}
}

func TestTheSameTextHasTheSameVectorOfLengthOne(t *testing.T) {
	t.Parallel()
	e := embed.BuiltIn(groups)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		a, err := e.Embed(context.Background(), []string{text, text}, rapid.Bool().Draw(t, "query"))
		if err != nil || len(a) != 2 || len(a[0]) != e.Dimension() || !slices.Equal(a[0], a[1]) {
			t.Fatalf("%v", err)
		}
		if length := math.Sqrt(cosine(a[0], a[0])); length != 0 && math.Abs(length-1) > 1e-3 {
			t.Fatalf("length %f", length)
		}
	})
}

func TestTheModelsNameFollowsTheGroupsNotTheirOrder(t *testing.T) {
	t.Parallel()
	name := embed.BuiltIn(groups).Model()
	if !embed.IsBuiltIn(name) || embed.IsBuiltIn("text-embedding-3-small") {
		t.Errorf("%s", name)
	}
	turned := [][]string{{"尿酸", "ua", "UA"}, groups[2], {"ast", "谷草转氨酶"}, {"转氨酶", "alanine  aminotransferase", "谷丙转氨酶", "alt"}}
	if other := embed.BuiltIn(turned).Model(); other != name {
		t.Errorf("another order is another model: %s, %s", name, other)
	}
	if other := embed.BuiltIn(append(groups[:3:3], []string{"UA"})).Model(); other == name {
		t.Error("other groups have the same name")
	}
	a, b := vectors(t, embed.BuiltIn(groups), "尿酸高"), vectors(t, embed.BuiltIn(turned), "尿酸高")
	if !slices.Equal(a[0], b[0]) {
		t.Error("the same model has two vectors for one text")
	}
}

func TestAStoppedContextStopsEmbedding(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embed.BuiltIn(nil).Embed(ctx, []string{"x"}, true); err == nil {
		t.Error("no error")
	}
}

func BenchmarkBuiltInQuery(b *testing.B) {
	e := embed.BuiltIn(groups)
	texts := []string{"谷丙转氨酶87是不是很高啊，要不要去医院再查一次，最近一直熬夜"}
	for b.Loop() {
		if _, err := e.Embed(b.Context(), texts, true); err != nil {
			b.Fatal(err)
		}
	}
}
