package wechattest

import "unicode/utf8"

// largestText of a customer-service message in bytes of UTF-8. Not official:
// measured by others.
const largestText = 2048

type sendRequest struct {
	To   string `json:"touser"`
	Kind string `json:"msgtype"`
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
	Image struct {
		Media string `json:"media_id"`
	} `json:"image"`
	Menu struct {
		Head string   `json:"head_content"`
		List []Choice `json:"list"`
		Tail string   `json:"tail_content"`
	} `json:"msgmenu"`
	AI struct {
		IsAI int `json:"is_ai_msg"`
	} `json:"aimsgcontext"`
}

// customSend is POST /cgi-bin/message/custom/send.
func (p *Platform) customSend(c call) (any, int) {
	var in sendRequest
	if code := c.read(&in); code != codeOK {
		return nil, code
	}
	if !utf8.Valid(c.body) {
		return nil, codeNotJSON
	}
	m, size := in.message()
	if m.Kind == "" {
		return nil, codeBadKind
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[in.To]
	switch {
	case who == nil:
		return nil, codeBadOpenID
	case size > largestText:
		return nil, codeTooLong
	case size == 0:
		return nil, codeEmptyText
	case !who.follows:
		return nil, codeClosed
	case m.Kind == "image" && !p.fresh(m.Media):
		return nil, codeBadMedia
	}
	if code := who.use(p.now()); code != codeOK {
		return nil, code
	}
	p.show(who, m)
	return nil, codeOK
}

// message is what the phone will show, and its size in bytes.
func (in sendRequest) message() (m Message, size int) {
	m = Message{By: ByCustomSend, AI: in.AI.IsAI == 1}
	switch in.Kind {
	case "text":
		m.Kind, m.Text = in.Kind, in.Text.Content
		size = len(m.Text)
	case "image":
		m.Kind, m.Media = in.Kind, in.Image.Media
		size = len(m.Media)
	case "msgmenu":
		m.Kind, m.Text, m.Choices, m.Tail = in.Kind, in.Menu.Head, in.Menu.List, in.Menu.Tail
		size = len(m.Text) + len(m.Tail)
		for _, choice := range m.Choices {
			size += len(choice.Content)
		}
	}
	return m, size
}
