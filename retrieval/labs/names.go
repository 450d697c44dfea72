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
	var stored int
	if err := db.Pool.QueryRow(ctx, `select count(*) from analyte_names where model = $1 and folded = any($2)`, e.Model(), foldedOf(rows)).Scan(&stored); err != nil {
		return fmt.Errorf("labs: names: %w", err)
	}
	var all int
	if err := db.Pool.QueryRow(ctx, `select count(*) from analyte_names`).Scan(&all); err != nil {
		return fmt.Errorf("labs: names: %w", err)
	}
	if stored == len(rows) && all == len(rows) {
		return nil
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
		for i, r := range rows {
			b.Queue(`insert into analyte_names (analyte_id, specimen, language, name, folded, kind, model, embedding) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
				string(r.analyte), string(r.specimen), string(r.language), r.name, r.folded, r.kind, e.Model(), halfvec(vectors[i]))
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("labs: names: %w", err)
		}
		return nil
	})
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

func foldedOf(rows []nameRow) []string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = r.folded
	}
	return all
}
