package wechattest

import "time"

const (
	typingLasts   = 15 * time.Second
	typingExpects = 30 * time.Second // an exchange this recent
)

// typing is POST /cgi-bin/message/custom/typing.
func (p *Platform) typing(c call) (any, int) {
	var in struct {
		To      string `json:"touser"`
		Command string `json:"command"`
	}
	if code := c.read(&in); code != codeOK {
		return nil, code
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	who, now := p.people[in.To], p.now()
	switch {
	case who == nil:
		return nil, codeBadOpenID
	case in.Command != "Typing" && in.Command != "CancelTyping":
		return nil, codeBadCommand
	case !who.follows:
		return nil, codeClosed
	case now.Sub(who.exchanged) > typingExpects:
		return nil, codeNoExchange
	case in.Command == "Typing" && now.Before(who.typingUntil):
		return nil, codeTypingAlready
	}
	who.typingUntil = time.Time{}
	if in.Command == "Typing" {
		who.typingUntil = now.Add(typingLasts)
	}
	p.wake()
	return nil, codeOK
}

// Typing reports whether the phone shows that the account is writing.
func (p *Platform) Typing(openid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[openid]
	return who != nil && p.now().Before(who.typingUntil)
}
