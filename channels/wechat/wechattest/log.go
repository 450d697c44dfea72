package wechattest

import "time"

// loggedAtMost lines are kept of what account and platform said to each other.
const loggedAtMost = 40

// Logged is one request between the account and the platform. It holds no text, as
// the page that shows it stands beside the phone.
type Logged struct {
	At       time.Time
	What     string // the path of a call, or "callback" for a delivery
	Code     int    // errcode of a call, HTTP status of a delivery
	Lost     bool   // the connection ended without an answer
	Delivery bool
}

func (p *Platform) record(l Logged) {
	l.At = p.now()
	p.recent = append(p.recent, l)
	if len(p.recent) > loggedAtMost {
		p.recent = p.recent[len(p.recent)-loggedAtMost:]
	}
	p.wake()
}

// Log is what account and platform said to each other, oldest first.
func (p *Platform) Log() []Logged {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Logged(nil), p.recent...)
}
