package wechattest

import (
	"context"
	"time"
)

// HangUp says when a broken call loses its connection.
type HangUp int

// The times of hanging up.
const (
	Stays           HangUp = iota
	BeforeAccepting        // nothing was done
	AfterAccepting         // all was done, and the caller never learns of it
)

// Fault breaks calls of the API.
type Fault struct {
	Path    string        // of the calls it breaks; empty: of all
	Times   int           // how many; 0: one, negative: until Mend
	Code    int           // answer this code and do nothing
	Status  int           // answer this HTTP status and do nothing
	Garbage bool          // do it, and answer JSON that ends in its middle
	Delay   time.Duration // before it is done
	HangUp  HangUp
}

// Break adds a fault. Faults apply in the order they were added.
func (p *Platform) Break(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	p.faults = append(p.faults, f)
	p.wake()
}

// Mend removes every fault.
func (p *Platform) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.twice = nil, 0
	p.wake()
}

func (p *Platform) takeFault(path string) Fault {
	for i := range p.faults {
		f := p.faults[i]
		if f.Path != "" && f.Path != path {
			continue
		}
		if f.Times > 0 {
			if p.faults[i].Times--; p.faults[i].Times == 0 {
				p.faults = append(p.faults[:i:i], p.faults[i+1:]...)
			}
		}
		return f
	}
	return Fault{}
}

// wait makes the caller wait as the fault says. Whoever gives up meanwhile does not
// learn that the call was done all the same; it reports whether there is time to.
func (f Fault) wait(ctx context.Context) bool {
	if f.Delay == 0 {
		return true
	}
	select {
	case <-time.After(f.Delay):
		return true
	case <-ctx.Done():
		return false
	}
}
