package labs

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"careline/bot"
	"careline/bot/fold"
	"careline/bot/postgres"
	"careline/retrieval/embed"
)

// nameRow is one way an analyte is written, as the table analyte_names keeps it.
type nameRow struct {
	analyte  bot.AnalyteID
	specimen bot.Specimen
	language bot.Language
	name     string
	folded   string
	kind     string
}

// SeedNames keeps every name of the catalogue with its vector, so that a question
// in other words finds the analyte. It does nothing when the table is current.
func SeedNames(ctx context.Context, db *postgres.DB, c *Catalogue, e embed.Embedder) error {
	rows := c.nameRows()
	current, err := namesCurrent(ctx, db, rows, e.Model())
	if err != nil || current {
		return err
	}
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = r.name
	}
	vectors, err := e.Embed(ctx, texts, false)
	if err != nil {
		return fmt.Errorf("labs: embed names: %w", err)
	}
	return pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`select pg_advisory_xact_lock(hashtext('analyte_names'))`)
		b.Queue(`delete from analyte_names`)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("labs: names: %w", err)
		}
		columns := []string{"analyte_id", "specimen", "language", "name", "folded", "kind", "model", "embedding"}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"analyte_names"}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			r := rows[i]
			return []any{string(r.analyte), string(r.specimen), string(r.language), r.name, r.folded, r.kind, e.Model(), halfvec(vectors[i])}, nil
		}))
		if err != nil {
			return fmt.Errorf("labs: names: %w", err)
		}
		return nil
	})
}

// namesCurrent reports whether the table holds exactly these rows of this model.
func namesCurrent(ctx context.Context, db *postgres.DB, rows []nameRow, model string) (bool, error) {
	found, err := db.Pool.Query(ctx, `select analyte_id, specimen, language, name, folded, kind, model from analyte_names`)
	if err != nil {
		return false, fmt.Errorf("labs: names: %w", err)
	}
	missing := map[nameRow]bool{}
	for _, r := range rows {
		missing[r] = true
	}
	var r nameRow
	var of string
	same := true
	if _, err = pgx.ForEachRow(found, []any{(*string)(&r.analyte), (*string)(&r.specimen), (*string)(&r.language), &r.name, &r.folded, &r.kind, &of}, func() error {
		same = same && of == model && missing[r]
		delete(missing, r)
		return nil
	}); err != nil {
		return false, fmt.Errorf("labs: names: %w", err)
	}
	return same && len(missing) == 0, nil
}

func halfvec(v []float32) pgvector.HalfVector { return pgvector.NewHalfVector(v) }

// nameRows are names, aliases and group words, each once for its analyte and language.
func (c *Catalogue) nameRows() []nameRow {
	var rows []nameRow
	seen := map[nameRow]bool{}
	add := func(a Analyte, language bot.Language, name, kind string) {
		r := nameRow{analyte: a.ID, specimen: a.Specimen, language: language, folded: fold.Text(name)}
		if seen[r] || r.folded == "" {
			return
		}
		seen[r] = true
		r.name, r.kind = name, kind
		rows = append(rows, r)
	}
	for _, language := range []bot.Language{bot.Chinese, bot.English} {
		for _, a := range c.analytes {
			add(a, language, a.Names[language], "name")
			for _, alias := range a.Aliases[language] {
				add(a, language, alias, "alias")
			}
		}
	}
	for _, g := range c.groups {
		for _, id := range g.Analytes {
			a := c.analytes[c.byID[id]]
			for _, word := range g.Chinese {
				add(a, bot.Chinese, word, "group")
			}
			for _, word := range g.English {
				add(a, bot.English, word, "group")
			}
		}
	}
	return rows
}
