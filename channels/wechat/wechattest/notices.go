package wechattest

import (
	"slices"
	"strings"
)

type noticeRequest struct {
	To       string                `json:"touser"`
	Template string                `json:"template_id"`
	URL      string                `json:"url"`  // of a template message
	Page     string                `json:"page"` // of a subscription notice
	Once     string                `json:"client_msg_id"`
	Data     map[string]noticeItem `json:"data"`
}

type noticeItem struct {
	Value string `json:"value"`
}

// text is what the phone shows: the items in the order of their names.
func (n noticeRequest) text() string {
	var names, lines []string
	for name := range n.Data {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		lines = append(lines, n.Data[name].Value)
	}
	return strings.Join(lines, "\n")
}

type templateAnswer struct {
	failure
	Message int64 `json:"msgid"`
}

// templateSend is POST /cgi-bin/message/template/send. What became of the message
// comes later, as the event TEMPLATESENDJOBFINISH.
func (p *Platform) templateSend(c call) (any, int) {
	var in noticeRequest
	if code := c.read(&in); code != codeOK {
		return nil, code
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[in.To]
	switch {
	case who == nil:
		return nil, codeBadOpenID
	case in.Template == "":
		return nil, codeBadTemplate
	case !who.follows:
		return nil, codeNoFollow
	}
	once := in.To + " " + in.Once
	if id, ok := p.sent[once]; ok && in.Once != "" {
		return templateAnswer{fail(codeOK), id}, codeOK
	}
	id, status := p.number(), "success"
	p.sent[once] = id
	if who.blocks {
		status = "failed:user block"
	} else {
		p.show(who, Message{By: ByTemplate, Kind: "template", Text: in.text(), URL: in.URL})
	}
	p.later(in.To, delivered{Kind: cdata{"event"}, Event: text("TEMPLATESENDJOBFINISH"), TemplateID: id, Status: text(status)})
	return templateAnswer{fail(codeOK), id}, codeOK
}

// subscribeSend is POST /cgi-bin/message/subscribe/bizsend.
func (p *Platform) subscribeSend(c call) (any, int) {
	var in noticeRequest
	if code := c.read(&in); code != codeOK {
		return nil, code
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[in.To]
	switch {
	case who == nil:
		return nil, codeBadOpenID
	case in.Template == "":
		return nil, codeBadTemplate
	case who.accepted[in.Template] == 0:
		return nil, codeNotAccepted
	}
	who.accepted[in.Template]--
	p.show(who, Message{By: BySubscription, Kind: "template", Text: in.text(), URL: in.Page})
	return nil, codeOK
}

// Accept lets the account send one subscription notice of a template.
func (p *Platform) Accept(openid, template string) Delivery {
	d := delivered{Kind: cdata{"event"}, Event: text("subscribe_msg_popup_event"),
		Accepted: &accepted{Template: text(template), Status: text("accept"), Scene: 2}}
	return p.act(openid, Message{By: ByPlatform, Kind: "event", Text: "已同意接收一条订阅通知"}, d, func(who *person) { who.accepted[template]++ })
}

// Block makes a person refuse template messages, or take them again.
func (p *Platform) Block(openid string, refuses bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who := p.people[openid]; who != nil {
		who.blocks = refuses
	}
}
