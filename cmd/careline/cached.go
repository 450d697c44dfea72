package main

import (
	"context"
	"sync"
	"time"

	"careline/bot"
)

// cached remembers what load returned for an institution for a while: settings
// read in every turn change a few times a year. Errors are not remembered.
func cached[V any](ttl time.Duration, load func(context.Context, bot.InstitutionID) (V, error)) func(context.Context, bot.InstitutionID) (V, error) {
	type entry struct {
		value V
		until time.Time
	}
	var mu sync.Mutex
	known := map[bot.InstitutionID]entry{}
	return func(ctx context.Context, id bot.InstitutionID) (V, error) {
		mu.Lock()
		e, ok := known[id]
		mu.Unlock()
		if ok && time.Now().Before(e.until) {
			return e.value, nil
		}
		value, err := load(ctx, id)
		if err != nil {
			return value, err
		}
		mu.Lock()
		known[id] = entry{value: value, until: time.Now().Add(ttl)}
		mu.Unlock()
		return value, nil
	}
}
