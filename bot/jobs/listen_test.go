package jobs_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels"
)

// TestAMessageIsAnsweredWithoutWaitingForThePoll: a worker whose next look is an
// hour away answers and sends when the quiet time is over.
func TestAMessageIsAnsweredWithoutWaitingForThePoll(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	s.Timing = store.Timing{QuietAfter: 100 * time.Millisecond, BurstLimit: time.Second}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		_ = jobs.New(jobs.Config{DB: db, Store: s, Decider: echo{}, Adapters: []channels.Adapter{page{}}, Poll: time.Hour}).Run(ctx)
	})
	t.Cleanup(func() { stop(); running.Wait() })
	for _, id := range []string{"first", "second"} {
		in := bot.Inbound{Institution: storetest.Hospital, Channel: "webchat", ExternalID: bot.T("visitor"), ProviderID: id, Kind: "text", Text: bot.T(id)}
		if _, err := s.Receive(ctx, in, bot.Trigger{}, nil, time.Now().UTC()); err != nil {
			t.Fatal(err)
		}
		waitUntilAnswered(t, s)
	}
}
