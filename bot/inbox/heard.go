package inbox

import (
	"context"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
)

// Heard takes in the words of a voice message that is stored already: it triages
// them as Receive does and stores them in one transaction. Taken in twice they count
// once.
func (r *Receiver) Heard(ctx context.Context, job store.FetchMedia, words bot.Text, now time.Time) error {
	in := bot.Inbound{Institution: job.Institution, Kind: bot.MessageVoice, Text: words}
	spoken := language(words)
	trigger, facts, err := r.triage(ctx, in, spoken, now)
	if err != nil {
		return err
	}
	h := store.Heard{Words: words, Trigger: trigger}
	if trigger.Level.Urgent() {
		if h.Urgent, err = r.urgent(ctx, in, trigger, facts, spoken, now); err != nil {
			return err
		}
	}
	if h.Echo, err = r.Guard.Notice("heard", spoken, guard.NoticeSlots{Words: words}); err != nil {
		return err
	}
	return r.Store.Hear(ctx, job, h, now)
}
