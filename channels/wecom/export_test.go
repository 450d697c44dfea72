package wecom

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// Pull reads an account once.
func Pull(ctx context.Context, p *Puller) error { return PullAtOnce(ctx, []*Puller{p}) }

// PullAtOnce reads accounts once, all at the same time.
func PullAtOnce(ctx context.Context, all []*Puller) error {
	NewPullers(all...)
	var group errgroup.Group
	for _, p := range all {
		group.Go(func() error { return p.pull(ctx) })
	}
	return group.Wait()
}

// Every lets accounts be looked at more often than every 30 s.
func (s *Pullers) Every(d time.Duration) *Pullers {
	for _, p := range s.all {
		p.every = d
	}
	return s
}
