package knowledge

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// BenchmarkSearch runs each search beside its bare SQL, one after the other, so
// that both see the same machine; bare knows the vector and throws the rows away.
func BenchmarkSearch(b *testing.B) {
	l, db := indexedLibrary(b)
	const question = "转氨酶高要不要查肝炎，是不是熬夜喝酒引起的"
	q := Query{Institution: "default", Text: question, Language: bot.Chinese}
	if _, err := l.Search(b.Context(), q); err != nil {
		b.Fatal(err)
	}
	least, err := l.floor(b.Context(), q.Language)
	if err != nil {
		b.Fatal(err)
	}
	vector, words := l.vectors(b.Context(), []string{question})[0], anyOf(question)
	var ours, bare []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := l.Search(b.Context(), q); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		var batch pgx.Batch
		batch.Queue(nearest, q.Institution, q.Language, vector, l.embedder.Model(), 1-least.cosine, depth)
		batch.Queue(matches, q.Institution, q.Language, words, least.rank, depth)
		if err := db.Pool.SendBatch(b.Context(), &batch).Close(); err != nil {
			b.Fatal(err)
		}
		ours, bare = append(ours, between.Sub(start)), append(bare, time.Since(between))
	}
	b.ReportMetric(float64(median(ours))/float64(median(bare)), "ratio")
	b.ReportMetric(float64(median(ours).Microseconds()), "µs/search")
	b.ReportMetric(float64(median(bare).Microseconds()), "µs/bare")
}

func BenchmarkSections(b *testing.B) {
	l, _ := indexedLibrary(b)
	for b.Loop() {
		if _, err := l.Sections(b.Context(), "default", bot.Chinese, []bot.AnalyteID{"ALT", "AST"}); err != nil {
			b.Fatal(err)
		}
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
