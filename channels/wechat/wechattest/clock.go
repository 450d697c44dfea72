package wechattest

import "time"

// Now is the platform's time: Config.Now and what Advance has added.
func (p *Platform) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now()
}

func (p *Platform) now() time.Time { return p.base().Add(p.ahead) }

// Advance lets time pass for what the platform remembers: windows, quotas, tokens,
// media and codes. Deliveries go on to carry the time of Config.Now, as the account
// refuses those from another time.
func (p *Platform) Advance(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead += d
	p.wake()
}
