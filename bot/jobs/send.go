package jobs

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
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

// maxSends is how often a part is tried: at the pace of backOff, for two days. A
// channel with windows parks it when they close, before that.
const maxSends = 600

// operatorPause is how long a channel rests that only its operator can mend.
const operatorPause = time.Minute

// ChannelRules are what the store must know of the channels.
func ChannelRules(adapters []channels.Adapter) map[string]store.Channel {
	rules := map[string]store.Channel{}
	for _, a := range adapters {
		limits := a.Limits()
		rule := store.Channel{Windows: limits.Windows, Parts: limits.Parts}
		if limits.TextBytes > 0 {
			rule.Split = func(text bot.Text) (parts []bot.Text) {
				for _, part := range channels.Split(text.Plain(), limits.TextBytes) {
					parts = append(parts, bot.T(part))
				}
				return parts
			}
		}
		rules[a.Name()] = rule
	}
	return rules
}

// sendOne claims and sends one part; worked is false when none was due.
func (r *Runner) sendOne(ctx context.Context, holder string) (worked bool, err error) {
	now := r.Now()
	var senders []store.Sender
	for _, a := range r.Adapters {
		if limits := a.Limits(); !r.pauses.at(a.Name(), now) {
			senders = append(senders, store.Sender{Channel: a.Name(), Again: limits.Again, Pace: limits.Pace, Windows: limits.Windows})
		}
	}
	if len(senders) == 0 {
		return false, nil
	}
	out, err := r.Store.ClaimSend(ctx, senders, holder, now, sendLease)
	if err != nil || out == nil {
		return false, err
	}
	for _, a := range r.Adapters {
		if a.Name() == out.Channel {
			sending, cancel := context.WithTimeout(ctx, sendTimeout)
			err := a.Send(sending, *out)
			cancel()
			// What has left is recorded even while the process stops.
			recording, done := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
			defer done()
			return true, r.settle(recording, out, err)
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
	if failure.Operator {
		pause := cmp.Or(failure.After, operatorPause)
		r.pauses.add(out.Channel, now.Add(pause))
		r.Log.Error("a channel needs its operator and rests", "channel", out.Channel, "kind", failure.Kind, "for", pause, "err", failure.Err)
	}
	r.Log.Warn("a part was not sent", "institution", out.Institution, "conversation", out.Conversation, "part", out.ID, "kind", failure.Kind)
	why := string(failure.Kind)
	switch again := now.Add(backOff(out.Attempts)); {
	case failure.Kind == channels.Hold:
		return r.Store.Held(ctx, out, why, failure.Closed, now)
	case failure.Kind == channels.Unknown && !out.Urgent:
		return r.Store.Unsure(ctx, out, why, now)
	case failure.Kind == channels.Never || out.Attempts >= maxSends:
		return r.Store.Failed(ctx, out, why, now)
	case failure.Kind == channels.Unknown:
		return r.Store.Repeat(ctx, out, why, again, now)
	case failure.Kind == channels.Later:
		return r.Store.Retry(ctx, out, why, now.Add(cmp.Or(failure.After, backOff(out.Attempts))), now)
	default:
		return r.Store.Retry(ctx, out, why, again, now)
	}
}

// backOff is how long a part waits after so many tries: 1, 2 and 4 seconds, then
// minutes, five at most; up to half as long again, so that parts that failed
// together do not come back together.
func backOff(attempts int) time.Duration {
	wait := time.Second << (max(attempts, 1) - 1)
	if attempts > 3 {
		wait = min(time.Duration(attempts-3), 5) * time.Minute
	}
	return wait + rand.N(wait/2)
}

// pauses are until when a channel is left alone.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (p *pauses) at(channel string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until[channel].After(now)
}

func (p *pauses) add(channel string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	p.until[channel] = until
}
