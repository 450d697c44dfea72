package wecom

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// syncsAtOnce is how many sync_msg calls run at the same time in a process.
const syncsAtOnce = 5

// Pullers read every account of a process, each account by one puller.
type Pullers struct {
	all map[string]*Puller
}

// NewPullers gives the pullers their shared limit.
func NewPullers(all ...*Puller) *Pullers {
	slots := make(chan struct{}, syncsAtOnce)
	s := &Pullers{all: map[string]*Puller{}}
	for _, p := range all {
		p.slots, p.woken, p.every = slots, make(chan struct{}, 1), pollEvery
		s.all[p.Adapter.Account.OpenKFID] = p
	}
	return s
}

// Wake lets an account be read at once. An account that is not ours is left alone.
func (s *Pullers) Wake(openKFID, token string) {
	if p, ok := s.all[openKFID]; ok {
		p.wake(token)
	}
}

// Run reads until the context ends.
func (s *Pullers) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range s.all {
		group.Go(func() error { return p.run(ctx) })
	}
	return group.Wait()
}
