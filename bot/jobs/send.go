package jobs

import (
	"context"
	"errors"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/channels"
)

// A send that takes longer than its lease counts as lost; its request is ended
// well before, so that two never run at once.
const (
	sendLease   = 4 * time.Second
	sendTimeout = 3 * time.Second
)

// maxSends is how often a part is tried.
const maxSends = 8

// sendOne claims and sends one part; worked is false when none was due.
func (r *Runner) sendOne(ctx context.Context, holder string) (worked bool, err error) {
	var senders []store.Sender
	for _, a := range r.Adapters {
		senders = append(senders, store.Sender{Channel: a.Name(), Again: a.Limits().Again})
	}
	if len(senders) == 0 {
		return false, nil
	}
	out, err := r.Store.ClaimSend(ctx, senders, holder, r.Now(), sendLease)
	if err != nil || out == nil {
		return false, err
	}
	for _, a := range r.Adapters {
		if a.Name() == out.Channel {
			sending, cancel := context.WithTimeout(ctx, sendTimeout)
			err := a.Send(sending, *out)
			cancel()
			return true, r.settle(ctx, out, err)
		}
	}
	return true, nil
}

// settle records what became of a send.
func (r *Runner) settle(ctx context.Context, out *bot.Outbound, err error) error {
	now := r.Now()
	if err == nil {
		return r.Store.Sent(ctx, out, now)
	}
	failure, ok := errors.AsType[*channels.SendError](err)
	if !ok {
		failure = &channels.SendError{Kind: channels.Unknown, Err: err}
	}
	r.Log.Warn("a part was not sent", "institution", out.Institution, "conversation", out.Conversation, "part", out.ID, "kind", failure.Kind)
	why := string(failure.Kind)
	switch {
	case failure.Kind == channels.Hold:
		return r.Store.Held(ctx, out, why, now)
	case failure.Kind == channels.Unknown:
		return r.Store.Unsure(ctx, out, why, now)
	case failure.Kind == channels.Never || out.Attempts >= maxSends:
		return r.Store.Failed(ctx, out, why, now)
	case failure.Kind == channels.Later:
		return r.Store.Retry(ctx, out, why, now.Add(failure.After), now)
	}
	return r.Store.Retry(ctx, out, why, now.Add(time.Second<<min(out.Attempts, 6)), now)
}
