package wechattest

import (
	"context"
	"fmt"
	"time"
)

// The calls that bring a message to a phone.
const (
	ByPerson       = ""            // the person's own message
	ByCustomSend   = "custom/send" // a customer-service message
	ByTemplate     = "template/send"
	BySubscription = "subscribe/bizsend"
	ByReply        = "reply"    // a passive reply to a delivery
	ByPlatform     = "platform" // a notice of WeChat itself
)

// Message is one bubble on a phone.
type Message struct {
	Number  int64
	By      string // which call brought it
	Kind    string // text, msgmenu, template, image, voice, video, location, link, event
	Text    string // of a menu: the head
	Choices []Choice
	Tail    string // of a menu
	URL     string // where a tap leads
	Media   string // id of a picture, voice or video
	AI      bool   // carries WeChat's own label for texts a machine wrote
	At      time.Time
}

// Choice of a menu in a message.
type Choice struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// Messages on a person's phone, oldest first.
func (p *Platform) Messages(openid string) []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[openid]
	if who == nil {
		return nil
	}
	return append([]Message(nil), who.messages...)
}

// Received are the messages on a person's phone that the account sent.
func (p *Platform) Received(openid string) (received []Message) {
	for _, m := range p.Messages(openid) {
		if m.By != ByPerson && m.By != ByPlatform {
			received = append(received, m)
		}
	}
	return received
}

// Wait waits until the account has sent n messages to a person.
func (p *Platform) Wait(ctx context.Context, openid string, n int) ([]Message, error) {
	for {
		changed := p.changedFor(openid)
		received := p.Received(openid)
		if len(received) >= n {
			return received, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return received, fmt.Errorf("wechattest: %d of %d messages came: %w", len(received), n, ctx.Err())
		}
	}
}

// changedFor is closed when a person's phone shows another message; nil for nobody's.
func (p *Platform) changedFor(openid string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who := p.people[openid]; who != nil {
		return who.changed
	}
	return nil
}

// show puts a message on a phone.
func (p *Platform) show(who *person, m Message) Message {
	m.Number, m.At = p.number(), p.now()
	who.messages = append(who.messages, m)
	if m.By != ByPlatform {
		who.exchanged = m.At
	}
	if m.By == ByCustomSend || m.By == ByReply {
		who.typingUntil = time.Time{}
	}
	close(who.changed)
	who.changed = make(chan struct{})
	p.wake()
	return m
}

// notice is a word of WeChat itself on a phone.
func (p *Platform) notice(openid, words string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who := p.people[openid]; who != nil {
		p.show(who, Message{By: ByPlatform, Kind: "event", Text: words})
	}
}
