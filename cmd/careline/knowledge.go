package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/schollz/progressbar/v3"

	"careline/retrieval/labs"
)

type knowledgeCmd struct {
	Reembed knowledgeReembedCmd `cmd:"" help:"Embed all passages with the configured embedder beside the old vectors, then switch."`
}

type knowledgeReembedCmd struct{}

// Run may be stopped and started again: what is embedded is kept.
func (knowledgeReembedCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, err := g.open(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	bar := progressbar.NewOptions(0, progressbar.OptionSetWriter(io.err), progressbar.OptionSetDescription("embedding"), progressbar.OptionShowCount())
	err = a.library.Reembed(ctx, func(done, total int) {
		bar.ChangeMax(total)
		_ = bar.Set(done)
	})
	fmt.Fprintln(io.err)
	if err != nil {
		return fmt.Errorf("re-embed the library: %w", err)
	}
	if err := labs.SeedNames(ctx, a.db, a.catalogue, a.embedder); err != nil {
		return fmt.Errorf("re-embed the catalogue's names: %w", err)
	}
	fmt.Fprintf(io.out, "Passages and names carry vectors of %s.\n", a.embedder.Model())
	return nil
}
