package intake

import (
	"context"
	"sync"
	"time"

	"careline/bot"
	"careline/bot/store"
)

// zones remembers each feed's zone for a minute: a message must not cost a
// question to the database for what changes once a year.
type zones struct {
	mu    sync.Mutex
	known map[feedName]knownZone
}

type feedName struct {
	institution bot.InstitutionID
	source      string
}

type knownZone struct {
	zone  *time.Location
	until time.Time
}

// zonesAtMost bounds the memory; names of sources come from outside.
const zonesAtMost = 1000

func (z *zones) get(ctx context.Context, s *store.Store, id bot.InstitutionID, source string) (*time.Location, error) {
	name, now := feedName{id, source}, time.Now()
	z.mu.Lock()
	k, ok := z.known[name]
	z.mu.Unlock()
	if ok && now.Before(k.until) {
		return k.zone, nil
	}
	zone, err := s.FeedZone(ctx, id, source)
	if err != nil {
		return nil, err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.known == nil || len(z.known) >= zonesAtMost {
		z.known = map[feedName]knownZone{}
	}
	z.known[name] = knownZone{zone, now.Add(time.Minute)}
	return zone, nil
}
