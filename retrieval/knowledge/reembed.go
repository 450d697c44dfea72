package knowledge

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgvector/pgvector-go"

	"careline/bot"
)

// Reembed gives every passage a vector of the configured model, beside those of
// the model in use, then searches with the new ones and removes the old. progress
// counts passages. Stopped half-way it goes on where it was; until it is through,
// the old model's vectors stay in use.
func (l *Library) Reembed(ctx context.Context, progress func(done, total int)) error {
	defer l.forget()
	return l.alone(ctx, func(conn *pgxpool.Conn) error { return l.embedMissing(ctx, conn, progress) })
}

// batch is how many passages are embedded between two commits.
const batch = 64

// embedMissing makes the vectors of our model that are missing, then puts the
// model in use.
func (l *Library) embedMissing(ctx context.Context, conn *pgxpool.Conn, progress func(done, total int)) error {
	if err := l.register(ctx, conn); err != nil {
		return err
	}
	done, total, err := l.count(ctx, conn)
	if err != nil {
		return err
	}
	progress(done, total)
	for {
		n, err := l.embedSome(ctx, conn)
		if err != nil {
			return fmt.Errorf("knowledge: embed passages with %s: %w", l.embedder.Model(), err)
		}
		if n == 0 {
			return l.activate(ctx, conn)
		}
		done += n
		progress(done, max(done, total))
	}
}

// register notes the model, and refuses a dimension other than the stored one.
func (l *Library) register(ctx context.Context, conn *pgxpool.Conn) error {
	model, want := l.embedder.Model(), l.embedder.Dimension()
	var dimension int
	_, err := conn.Exec(ctx, `insert into embedding_models (model, dimension, created_at) values ($1, $2, now()) on conflict do nothing`, model, want)
	if err == nil {
		err = conn.QueryRow(ctx, `select dimension from embedding_models where model = $1`, model).Scan(&dimension)
	}
	if err != nil {
		return fmt.Errorf("knowledge: register model %s: %w", model, err)
	}
	if dimension != want {
		return bot.Errorf(bot.KindConflict, "The library was embedded by this model in another dimension: set --embed-dimension to that one, or re-embed with another model first.",
			"knowledge: model %s has dimension %d in the database, configured is %d", model, dimension, want)
	}
	return nil
}

// unembedded are passages p without a vector of the model $1.
const unembedded = `p.status <> 'retired' and not exists (select from passage_vectors v where v.model = $1 and v.passage_key = p.key)`

func (l *Library) count(ctx context.Context, conn *pgxpool.Conn) (done, total int, err error) {
	err = conn.QueryRow(ctx, `select count(*) filter (where not (`+unembedded+`)), count(*) from passages p where p.status <> 'retired'`, l.embedder.Model()).Scan(&done, &total)
	if err != nil {
		return 0, 0, fmt.Errorf("knowledge: count passages: %w", err)
	}
	return done, total, nil
}

// embedSome embeds one batch; no transaction is open while the embedder works.
func (l *Library) embedSome(ctx context.Context, conn *pgxpool.Conn) (int, error) {
	rows, err := conn.Query(ctx, `select p.key, concat_ws(E'\n', d.title, p.heading, p.body) from passages p join documents d on d.key = p.document_key
		where `+unembedded+` order by p.key limit $2`, l.embedder.Model(), batch)
	if err != nil {
		return 0, err
	}
	var keys []int64
	var texts []string
	var key int64
	var text string
	if _, err := pgx.ForEachRow(rows, []any{&key, &text}, func() error {
		keys, texts = append(keys, key), append(texts, text)
		return nil
	}); err != nil || len(keys) == 0 {
		return 0, err
	}
	vectors, err := l.embedder.Embed(ctx, texts, false)
	if err != nil {
		return 0, err
	}
	insert := &pgx.Batch{}
	for i, v := range vectors {
		insert.Queue(`insert into passage_vectors (passage_key, model, embedding) select key, $2, $3 from passages where key = $1 on conflict do nothing`,
			keys[i], l.embedder.Model(), pgvector.NewHalfVector(v))
	}
	return len(keys), conn.SendBatch(ctx, insert).Close()
}

// activate searches with our model from now on and removes the others' vectors.
func (l *Library) activate(ctx context.Context, conn *pgxpool.Conn) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`delete from passage_vectors where model <> $1`,
			`delete from embedding_models where model <> $1`,
			`update embedding_models set active = true where model = $1`,
		} {
			if _, err := tx.Exec(ctx, sql, l.embedder.Model()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("knowledge: switch to model %s: %w", l.embedder.Model(), err)
	}
	return nil
}
