package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/retrieval/embed"
)

// Library reads and indexes the approved texts. It is safe for concurrent use.
type Library struct {
	db       *postgres.DB
	embedder embed.Embedder
	cache    cache

	mu        sync.Mutex
	unrelated map[bot.Language]unrelated
}

// New returns the library of a database, searched with the embedder's vectors.
func New(db *postgres.DB, e embed.Embedder) *Library {
	return &Library{db: db, embedder: e, cache: cache{entries: map[cacheKey]cached{}}, unrelated: map[bot.Language]unrelated{}}
}

// forget drops what is kept in memory about the stored texts.
func (l *Library) forget() {
	l.cache.clear()
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.unrelated)
}

// visible is what an institution may read: published passages, its own or the
// library's, a document of its own in place of the library's of the same id.
// $1 is the institution, $2 the language. The own ids are read once into an
// array: as a subquery for each row they cost more than the search.
const visible = `p.status = 'published' and p.language = $2 and (p.institution_id = $1 or p.institution_id is null and p.document_id <> all (array(
	select own.document_id from documents own where own.institution_id = $1 and own.language = $2 and own.status = 'published')))`

// columns of a passage p and its document d, as targets reads them; a document's
// sources are kept by the position of the passage that rests on them.
const columns = `p.document_id, d.title, p.section, p.heading, p.language, p.analytes, p.body, p.items, d.version, d.reviewed_by, p.key, d.sources -> p.position`

// row is a stored passage; its sources are decoded only when it is returned.
type row struct {
	bot.Passage
	key     int64
	sources []byte
}

func (r *row) targets(more ...any) []any {
	p := &r.Passage
	return append([]any{&p.Document, &p.Title, &p.Section, &p.Heading, &p.Language, &p.Analytes, &p.Text, &p.Items, &p.Version, &p.ReviewedBy, &r.key, &r.sources}, more...)
}

// passage is the row with the sources it rests on.
func (r *row) passage() (bot.Passage, error) {
	p := r.Passage
	if err := json.Unmarshal(r.sources, &p.Sources); err != nil {
		return bot.Passage{}, fmt.Errorf("knowledge: sources of document %s: %w", r.Document, err)
	}
	return p, nil
}

// Sections returns the published passages about the analytes, in the order of
// the analytes and then of the documents; one about several analytes once. The
// passages are the caller's, what their Items, Sources and Analytes hold is not.
func (l *Library) Sections(ctx context.Context, id bot.InstitutionID, language bot.Language, analytes []bot.AnalyteID) ([]bot.Passage, error) {
	found := map[bot.AnalyteID][]bot.Passage{}
	var missing []bot.AnalyteID
	for _, a := range analytes {
		if passages, ok := l.cache.get(cacheKey{id, language, "", a}); ok {
			found[a] = passages
		} else if !slices.Contains(missing, a) {
			missing = append(missing, a)
		}
	}
	if len(missing) > 0 {
		generation := l.cache.now()
		passages, err := l.read(ctx, `p.analytes && $3::text[]`, id, language, missing)
		if err != nil {
			return nil, fmt.Errorf("knowledge: sections about %v: %w", missing, err)
		}
		for _, a := range missing {
			for _, p := range passages {
				if slices.Contains(p.Analytes, a) {
					found[a] = append(found[a], p)
				}
			}
			l.cache.put(generation, cacheKey{id, language, "", a}, found[a])
		}
	}
	return inOrder(analytes, found), nil
}

// inOrder joins the passages of each analyte, leaving out those already said.
func inOrder(analytes []bot.AnalyteID, found map[bot.AnalyteID][]bot.Passage) []bot.Passage {
	var all []bot.Passage
	for i, a := range analytes {
		for _, p := range found[a] {
			said := slices.ContainsFunc(analytes[:i], func(before bot.AnalyteID) bool { return slices.Contains(p.Analytes, before) })
			if !said {
				all = append(all, p)
			}
		}
	}
	return all
}

// Document returns the published passages of one document, in order; none when
// there is no such document.
func (l *Library) Document(ctx context.Context, id bot.InstitutionID, language bot.Language, documentID string) ([]bot.Passage, error) {
	key := cacheKey{id, language, documentID, ""}
	if passages, ok := l.cache.get(key); ok {
		return slices.Clone(passages), nil
	}
	generation := l.cache.now()
	passages, err := l.read(ctx, `p.document_id = $3`, id, language, documentID)
	if err != nil {
		return nil, fmt.Errorf("knowledge: document %s: %w", documentID, err)
	}
	l.cache.put(generation, key, passages)
	return slices.Clone(passages), nil
}

func (l *Library) read(ctx context.Context, which string, id bot.InstitutionID, language bot.Language, arg any) ([]bot.Passage, error) {
	rows, err := l.db.Pool.Query(ctx, `select `+columns+` from passages p join documents d on d.key = p.document_key
		where `+visible+` and `+which+` order by p.document_id, p.position`, id, language, arg)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (bot.Passage, error) {
		var one row
		if err := r.Scan(one.targets()...); err != nil {
			return bot.Passage{}, err
		}
		return one.passage()
	})
}
