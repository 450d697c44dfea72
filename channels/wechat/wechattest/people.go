package wechattest

import "time"

// person is somebody with a phone.
type person struct {
	name, openid  string
	follows       bool
	since         time.Time // of the follow
	scene         string    // of the code that led to the follow
	wrote, tapped window
	exchanged     time.Time      // the last message either way
	typingUntil   time.Time      // the account shows that it writes
	accepted      map[string]int // subscription notices: how many of each template may come
	blocks        bool           // refuses template messages
	messages      []Message
	changed       chan struct{} // closed and replaced with every message
}

// Join adds somebody who has followed the account for some time, without an event:
// all windows are closed.
func (p *Platform) Join(name string) (openid string) { return p.add(name, true) }

// Stranger adds somebody who does not follow the account.
func (p *Platform) Stranger(name string) (openid string) { return p.add(name, false) }

func (p *Platform) add(name string, follows bool) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := &person{name: name, openid: "o" + random(27), follows: follows, accepted: map[string]int{}, changed: make(chan struct{})}
	if follows {
		who.since = p.now()
	}
	p.people[who.openid] = who
	p.order = append(p.order, who.openid)
	if p.holder == "" {
		p.holder = who.openid
	}
	p.wake()
	return who.openid
}

// Hold gives the phone to a person: whose name the fake OAuth page answers with.
func (p *Platform) Hold(openid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holder = openid
}

// wake tells the pages that something is new.
func (p *Platform) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}
