package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"careline/bot"
	"careline/retrieval/embed"
)

// Indexed counts what the library holds.
type Indexed struct{ Documents, Passages int }

// IndexEmbedded brings the stored library to what this binary carries: changed
// documents are replaced, those no longer there retired. When nothing changed it
// is one round trip. Vectors are made at once unless an endpoint's model is to
// follow another one, which Reembed does when told to; without vectors, search
// uses full text.
func (l *Library) IndexEmbedded(ctx context.Context) (Indexed, error) {
	documents, err := embedded()
	if err != nil {
		return Indexed{}, err
	}
	return l.index(ctx, documents)
}

func (l *Library) index(ctx context.Context, documents []document) (Indexed, error) {
	total := Indexed{Documents: len(documents)}
	for _, d := range documents {
		total.Passages += len(d.sections)
	}
	s, err := l.stored(ctx, l.db.Pool)
	if err != nil || s.current(documents) && !s.embedNow(l.embedder.Model()) {
		return total, err
	}
	defer l.forget()
	return total, l.alone(ctx, func(conn *pgxpool.Conn) error {
		if s, err = l.stored(ctx, conn); err != nil {
			return err
		}
		if err := replaceChanged(ctx, conn, s, documents); err != nil {
			return err
		}
		if s, err = l.stored(ctx, conn); err != nil || !s.embedNow(l.embedder.Model()) {
			return err
		}
		err := l.embedMissing(ctx, conn, func(int, int) {})
		if err != nil && ctx.Err() == nil && !embed.IsBuiltIn(l.embedder.Model()) {
			// An endpoint that is down must not keep a server from starting.
			slog.WarnContext(ctx, "knowledge: passages without vectors are found by full text only; re-embed when the endpoint answers", "model", l.embedder.Model(), "err", err)
			return nil
		}
		return err
	})
}

// libraryLock keeps two indexing processes from each other.
const libraryLock = 7_305_114_772

// alone runs do on a connection that holds the library's lock.
func (l *Library) alone(ctx context.Context, do func(*pgxpool.Conn) error) error {
	conn, err := l.db.Pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("knowledge: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, int64(libraryLock)); err != nil {
		return fmt.Errorf("knowledge: lock: %w", err)
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock($1)`, int64(libraryLock)); err != nil {
			// A connection that may still hold the lock must not go back to the pool.
			_ = conn.Conn().Close(context.WithoutCancel(ctx))
		}
	}()
	return do(conn)
}

// edition names one document in one language.
type edition struct {
	id       string
	language bot.Language
}

type mark struct {
	version int
	digest  string
}

// state is what the tables hold of the library, and of vectors.
type state struct {
	marks      map[edition]mark
	active     string // the model searched with, "" before the first
	incomplete bool   // passages without a vector of our model
}

// querier is a pool or one of its connections.
type querier interface {
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

func (l *Library) stored(ctx context.Context, q querier) (state, error) {
	s := state{marks: map[edition]mark{}}
	var batch pgx.Batch
	batch.Queue(`select document_id, language, version, digest from documents where institution_id is null and status <> 'retired'`).Query(func(rows pgx.Rows) error {
		var e edition
		var m mark
		_, err := pgx.ForEachRow(rows, []any{&e.id, &e.language, &m.version, &m.digest}, func() error {
			s.marks[e] = m
			return nil
		})
		return err
	})
	batch.Queue(`select coalesce((select model from embedding_models where active), ''), exists (select from passages p
		where p.status <> 'retired' and not exists (select from passage_vectors v where v.model = $1 and v.passage_key = p.key))`, l.embedder.Model()).
		QueryRow(func(row pgx.Row) error { return row.Scan(&s.active, &s.incomplete) })
	if err := q.SendBatch(ctx, &batch).Close(); err != nil {
		return s, fmt.Errorf("knowledge: read what is indexed: %w", err)
	}
	return s, nil
}

func (s state) current(documents []document) bool {
	if len(documents) != len(s.marks) {
		return false
	}
	for _, d := range documents {
		if s.marks[edition{d.ID, d.Language}] != (mark{d.Version, d.digest}) {
			return false
		}
	}
	return true
}

// embedNow: vectors of our model are missing and may be made without being
// asked. A built-in model replaces another built-in one; it never throws away
// an endpoint's vectors, which somebody paid for.
func (s state) embedNow(model string) bool {
	ours := s.active == "" || s.active == model || embed.IsBuiltIn(s.active) && embed.IsBuiltIn(model)
	return ours && (s.incomplete || s.active != model)
}

func replaceChanged(ctx context.Context, conn *pgxpool.Conn, s state, documents []document) error {
	gone := s.marks
	for _, d := range documents {
		e := edition{d.ID, d.Language}
		if gone[e] != (mark{d.Version, d.digest}) {
			if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return replace(ctx, tx, d) }); err != nil {
				return fmt.Errorf("knowledge: index %s (%s): %w", d.ID, d.Language, err)
			}
		}
		delete(gone, e)
	}
	for e := range gone {
		if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return retire(ctx, tx, e, 0) }); err != nil {
			return fmt.Errorf("knowledge: retire %s (%s): %w", e.id, e.language, err)
		}
	}
	return nil
}

// replace stores a document with its passages and retires its other versions.
func replace(ctx context.Context, tx pgx.Tx, d document) error {
	sources, err := json.Marshal(d.sources())
	if err != nil {
		return err
	}
	var key int64
	if err := tx.QueryRow(ctx, `
		insert into documents (document_id, language, title, analytes, version, status, reviewed_by, sources, digest, indexed_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (institution_id, document_id, language, version) do update set title = excluded.title, analytes = excluded.analytes,
			status = excluded.status, reviewed_by = excluded.reviewed_by, sources = excluded.sources, digest = excluded.digest, indexed_at = excluded.indexed_at
		returning key`,
		d.ID, d.Language, d.Title, orEmpty(d.Analytes), d.Version, d.Status, d.ReviewedBy, sources, d.digest, time.Now().UTC()).Scan(&key); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`delete from passages where document_key = $1`, key)
	for i, s := range d.sections {
		batch.Queue(`insert into passages (document_key, language, status, document_id, section, position, heading, analytes, body, items, tokens)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::tsvector)`,
			key, d.Language, d.Status, d.ID, s.kind, i, s.heading, orEmpty(d.Analytes), s.text, orEmpty(s.items), lexemes(d.Title, s.heading, s.text))
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return retire(ctx, tx, edition{d.ID, d.Language}, d.Version)
}

// retire takes the library's versions of a document out of use, except one.
func retire(ctx context.Context, tx pgx.Tx, e edition, except int) error {
	_, err := tx.Exec(ctx, `
		with old as (update documents set status = 'retired' where institution_id is null and document_id = $1 and language = $2 and version <> $3 returning key),
			vectors as (delete from passage_vectors where passage_key in (select p.key from passages p join old on old.key = p.document_key))
		update passages set status = 'retired' where document_key in (select key from old)`, e.id, e.language, except)
	return err
}

// orEmpty keeps null out of array columns.
func orEmpty[S ~[]E, E any](s S) S {
	if s == nil {
		return S{}
	}
	return s
}
