package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"careline/bot"
	"careline/retrieval/embed"
)

// Query is a question to the library.
type Query struct {
	Institution bot.InstitutionID
	Text        string
	Language    bot.Language
	Limit       int // default 5
	// Inside: the text may not leave this process. An embedding endpoint does not see
	// it, and full text alone answers.
	Inside bool
}

const (
	defaultLimit = 5
	// depth is how many candidates each of the two searches gives to the fusion.
	depth = 10
	// patience is how long a question waits for its vector: full text alone is
	// better than an answer that comes late.
	patience = 3 * time.Second
)

// Search returns the passages that fit the question best, by vector and by full
// text together; none when nothing fits well enough. Score is the fused rank's:
// it orders the passages of one question and means nothing across questions.
func (l *Library) Search(ctx context.Context, q Query) ([]bot.Passage, error) {
	words := anyOf(q.Text)
	if words == "" {
		return nil, nil
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	least, err := l.floor(ctx, q.Language)
	if err != nil {
		return nil, err
	}
	near, matching := make(list, 0, depth), make(list, 0, depth)
	var batch pgx.Batch
	if vectors := l.questionVector(ctx, q); vectors != nil {
		near.queue(&batch, nearest, q.Institution, q.Language, vectors[0], l.embedder.Model(), 1-least.cosine, max(depth, q.Limit))
	}
	matching.queue(&batch, matches, q.Institution, q.Language, words, least.rank, max(depth, q.Limit))
	if err := l.db.Pool.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("knowledge: search: %w", err)
	}
	return fuse(q.Limit, near, matching)
}

// nearest orders the visible passages by cosine distance: $3 the question's
// vector, $4 the model, $5 the greatest distance, $6 the limit. Filtering comes
// first and the order is exact: OFFSET 0 keeps the planner off an approximate
// index, which loses rows under a filter. A null vector and a model not in use
// find nothing, and the distance to a zero vector, not a number, is never small.
const nearest = `with best as materialized (
	select key, distance from (
		select p.key, v.embedding <=> $3::halfvec as distance
		from passages p join passage_vectors v on v.passage_key = p.key and v.model = $4
		where ` + visible + ` and exists (select from embedding_models m where m.model = $4 and m.active)
		offset 0) near
	where distance <= $5 order by distance, key limit $6)
select ` + columns + `, 1 - best.distance from best join passages p on p.key = best.key join documents d on d.key = p.document_key order by best.distance, best.key`

// matches orders the visible passages by how many of the question's terms they
// have and where: $3 the tsquery, $4 the least rank, $5 the limit.
const matches = `with best as materialized (
	select key, rank from (
		select p.key, ts_rank(p.tokens, $3::text::tsquery)::float8 as rank from passages p where p.tokens @@ $3::text::tsquery and ` + visible + `
		offset 0) found
	where rank >= $4 order by rank desc, key limit $5)
select ` + columns + `, best.rank from best join passages p on p.key = best.key join documents d on d.key = p.document_key order by best.rank desc, best.key`

// list is what one of the two searches found, best first.
type list []hit

type hit struct {
	row
	score float64 // the search's own: cosine or rank
}

func (l *list) queue(batch *pgx.Batch, sql string, args ...any) {
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*l, err = pgx.AppendRows((*l)[:0], rows, func(r pgx.CollectableRow) (hit, error) {
			var h hit
			err := r.Scan(h.targets(&h.score)...)
			return h, err
		})
		return err
	})
}

// rankConstant damps the first ranks in reciprocal rank fusion, so that being
// found by both searches counts for more than being first in one.
const rankConstant = 60

// fuse joins lists by reciprocal rank and returns the best passages.
func fuse(limit int, lists ...list) ([]bot.Passage, error) {
	all := make([]hit, 0, 2*depth)
	at := make(map[int64]int, 2*depth)
	for _, l := range lists {
		for rank, h := range l {
			i, known := at[h.key]
			if !known {
				i = len(all)
				at[h.key] = i
				all = append(all, h)
			}
			all[i].Score += 1 / float64(rankConstant+rank+1)
		}
	}
	slices.SortStableFunc(all, func(a, b hit) int { return cmp.Compare(b.Score, a.Score) })
	var passages []bot.Passage
	for _, h := range all[:min(limit, len(all))] {
		p, err := h.passage()
		if err != nil {
			return nil, err
		}
		passages = append(passages, p)
	}
	return passages, nil
}

// questionVector is none where the question may not be sent to who makes vectors.
func (l *Library) questionVector(ctx context.Context, q Query) []any {
	if q.Inside && !embed.IsBuiltIn(l.embedder.Model()) {
		return nil
	}
	return l.vectors(ctx, []string{q.Text})
}

// vectors are the questions' vectors as parameters, null for a text without a
// feature: values, because pgx sends a pointer as text. An embedder that does not
// answer costs the search its vectors, not the person their answer: there are
// none then.
func (l *Library) vectors(ctx context.Context, questions []string) []any {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	vectors, err := l.embedder.Embed(ctx, questions, true)
	if err != nil {
		slog.WarnContext(ctx, "knowledge: search without vectors", "model", l.embedder.Model(), "err", err)
		return nil
	}
	parameters := make([]any, len(vectors))
	for i, v := range vectors {
		if slices.ContainsFunc(v, func(x float32) bool { return x != 0 }) {
			parameters[i] = pgvector.NewHalfVector(v)
		}
	}
	return parameters
}
