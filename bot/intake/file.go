package intake

import (
	"context"

	"careline/bot"
	"careline/bot/store"
	"careline/retrieval/labs"
)

// FileOptions for File.
type FileOptions struct {
	Source  string          // the feed; "" is "by hand"
	Columns *labs.ColumnMap // how the source's sheets are laid out; nil: as their headers say
	DryRun  bool            // undo everything at the end
	Notify  bool            // tell who is bound and agreed that a new report is there
	By      bot.Actor
}

// File stores one file whole, or nothing of it.
func (in *Intake) File(ctx context.Context, institution bot.InstitutionID, f labs.Source, o FileOptions) (store.ImportSummary, error) {
	return in.deliver(ctx, delivery{Institution: institution, Source: o.Source, File: f, Columns: o.Columns, By: o.By, DryRun: o.DryRun, Notify: o.Notify})
}
