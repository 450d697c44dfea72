package jobs

import (
	"context"
	"time"

	"careline/bot"
	"careline/channels"
)

// typingWithin is how long a channel may take to show that an answer is being written.
const typingWithin = 2 * time.Second

// typing shows, where the channel can, that an answer is being written. It is a
// courtesy: it holds nothing up, and its failure is of no consequence.
func (r *Runner) typing(ctx context.Context, t *bot.Turn) {
	typist := r.typist(t.Conversation)
	if typist == nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(ctx, typingWithin)
		defer cancel()
		external, err := r.Store.External(ctx, t.Conversation.Institution, t.Conversation.Account)
		if err == nil {
			err = typist.Typing(ctx, external)
		}
		if err != nil && ctx.Err() == nil {
			r.Log.Debug("typing was not shown", "institution", t.Conversation.Institution, "conversation", t.Conversation.ID)
		}
	}()
}

// typist is the conversation's channel, nil where a person answers or where
// nothing can be shown.
func (r *Runner) typist(c bot.Conversation) channels.Typist {
	for _, a := range r.Adapters {
		if typist, ok := a.(channels.Typist); ok && a.Name() == c.Channel && c.Owner.Bot() {
			return typist
		}
	}
	return nil
}
