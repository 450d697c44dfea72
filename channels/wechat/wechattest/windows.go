package wechattest

import "time"

// opening is a way in which a person lets the account write: how long and how much.
type opening struct {
	lasts    time.Duration
	messages int
}

// The quotas of customer-service messages, by the platform's documents.
var (
	writing = opening{48 * time.Hour, 5}
	tapping = opening{time.Minute, 3} // a tap of the menu, a follow, a scan
)

// window is an opening that happened; the zero window is closed.
type window struct {
	opening
	opened time.Time
	used   int
}

func (w window) open(now time.Time) bool { return now.Before(w.opened.Add(w.lasts)) }
func (w window) left(now time.Time) int {
	if !w.open(now) {
		return 0
	}
	return w.messages - w.used
}

// use takes one message out of the windows of a person: out of the one that closes
// first and has one left.
func (who *person) use(now time.Time) int {
	for _, w := range []*window{&who.tapped, &who.wrote} {
		if w.left(now) > 0 {
			w.used++
			return codeOK
		}
	}
	if who.tapped.open(now) || who.wrote.open(now) {
		return codeSpent
	}
	return codeClosed
}

// Windows is what the account may still send to a person.
type Windows struct {
	Written, Tapped           int // messages left of 5 and of 3
	WrittenUntil, TappedUntil time.Time
}

// Windows of a person.
func (p *Platform) Windows(openid string) Windows {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[openid]
	if who == nil {
		return Windows{}
	}
	now := p.now()
	return Windows{
		Written: who.wrote.left(now), WrittenUntil: who.wrote.opened.Add(who.wrote.lasts),
		Tapped: who.tapped.left(now), TappedUntil: who.tapped.opened.Add(who.tapped.lasts),
	}
}
