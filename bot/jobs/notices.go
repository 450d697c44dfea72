package jobs

import (
	"context"
	"fmt"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
)

// Notices tells conversations what changed without anybody asking, in reviewed
// words.
type Notices struct {
	Store *store.Store
	Guard *guard.Guard
}

// Correction tells a conversation that results explained in it no longer hold. A
// job that is tried again after it was done changes nothing.
func (n *Notices) Correction(ctx context.Context, job store.CorrectionNotice, now time.Time) error {
	c, err := n.Store.Correction(ctx, job.Institution, job.Correction)
	if err != nil || !c.Waiting {
		return err
	}
	inst, err := n.Store.Institution(ctx, job.Institution)
	if err != nil {
		return err
	}
	slots := guard.NoticeSlots{}
	if !c.ReportedAt.IsZero() {
		slots.Date = c.ReportedAt.In(inst.Location())
	}
	text, err := n.text(ctx, job.Institution, "result-"+c.Kind, c.Language, slots, now)
	if err != nil {
		return fmt.Errorf("jobs: notice of correction %d: %w", job.Correction, err)
	}
	return n.Store.TellCorrection(ctx, job.Institution, job.Correction, text, now)
}

// Binding tells a conversation that its binding ended with a merge.
func (n *Notices) Binding(ctx context.Context, job store.BindingNotice, now time.Time) error {
	line, err := n.Store.Timeline(ctx, job.Institution, job.Conversation, 0, 1)
	if err != nil {
		return err
	}
	text, err := n.text(ctx, job.Institution, "binding-ended", line.Conversation.Language, guard.NoticeSlots{}, now)
	if err != nil {
		return fmt.Errorf("jobs: binding notice in conversation %d: %w", job.Conversation, err)
	}
	return n.Store.TellBinding(ctx, job, text, now)
}

// Chat tells a conversation what happened elsewhere; told is false while a person
// writes there or an emergency stands.
func (n *Notices) Chat(ctx context.Context, job store.ChatNotice, now time.Time) (told bool, err error) {
	line, err := n.Store.Timeline(ctx, job.Institution, job.Conversation, 0, 1)
	if err != nil {
		return false, err
	}
	slots := guard.NoticeSlots{Relations: []bot.Relation{job.Relation}}
	text, err := n.text(ctx, job.Institution, job.Notice, line.Conversation.Language, slots, now)
	if err != nil {
		return false, fmt.Errorf("jobs: notice in conversation %d: %w", job.Conversation, err)
	}
	return n.Store.Tell(ctx, job, text, now)
}

func (n *Notices) text(ctx context.Context, id bot.InstitutionID, notice string, language bot.Language, slots guard.NoticeSlots, now time.Time) (bot.Text, error) {
	onShift, err := n.Store.OnShift(ctx, id, now)
	if err != nil {
		return bot.Text{}, err
	}
	slots.OnShift = onShift
	return n.Guard.Notice(notice, language, slots)
}
