package main

import (
	"context"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/channels/wecom"
)

// wecomDesk is what WeCom tells the store, for one institution.
type wecomDesk struct {
	*app
	id bot.InstitutionID
}

func (d wecomDesk) receive(ctx context.Context, in bot.Inbound, now time.Time) (elsewhere bool, err error) {
	r, err := d.inbox.Receive(ctx, in, now)
	return r.Conversation.Owner.Elsewhere, err
}

func (d wecomDesk) cursor(ctx context.Context, openKFID string) (string, error) {
	return d.store.Cursor(ctx, d.id, wecom.Name, openKFID)
}

func (d wecomDesk) saveCursor(ctx context.Context, c bot.Cursor) error {
	return d.store.SaveCursor(ctx, d.id, wecom.Name, c, utcNow())
}

func (d wecomDesk) failed(ctx context.Context, part bot.MessageID, why string) error {
	return d.store.SendFailed(ctx, d.id, wecom.Name, part, why, utcNow())
}

func (d wecomDesk) replied(ctx context.Context, external bot.Text) error {
	return d.store.RepliedElsewhere(ctx, d.id, wecom.Name, external, utcNow())
}

// elsewhere records who answers now, with the notice both sides read.
func (d wecomDesk) elsewhere(ctx context.Context, external bot.Text, elsewhere bool) error {
	id := "staff-left"
	if elsewhere {
		id = "staff-joined"
	}
	notice, err := d.guard.Notice(id, bot.Chinese, guard.NoticeSlots{OnShift: true})
	if err != nil {
		return err
	}
	return d.store.SetElsewhere(ctx, d.id, wecom.Name, external, elsewhere, notice, utcNow())
}
