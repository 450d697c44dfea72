package wecomtest

import (
	"strings"
	"time"
)

// Fault is what goes wrong with one call.
type Fault struct {
	Code   int           // the platform refuses with this code and does nothing
	Status int           // an HTTP status comes instead, and nothing is done
	Lost   bool          // the call is done, but the connection breaks before the answer
	Wait   time.Duration // the call takes so long
	First  func()        // happens before the call is looked at
}

// Fail lets the next calls of an interface, such as "kf/send_msg", go wrong, one
// for each fault.
func (p *Platform) Fail(name string, faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[name] = append(p.faults[name], faults...)
}

func trimCall(path string) string { return strings.TrimPrefix(path, "/cgi-bin/") }

func (p *Platform) begin(name string) (f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[name]++
	if name == "kf/sync_msg" {
		p.busy++
		p.busiest = max(p.busiest, p.busy)
	}
	if waiting := p.faults[name]; len(waiting) > 0 {
		f, p.faults[name] = waiting[0], waiting[1:]
	}
	return f
}

func (p *Platform) end(name string) {
	if name != "kf/sync_msg" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy--
}
