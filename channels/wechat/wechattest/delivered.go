package wechattest

import (
	"encoding/xml"
	"errors"
)

// delivered is a message or an event as the platform writes it.
type delivered struct {
	XMLName xml.Name `xml:"xml"`
	To      cdata    `xml:"ToUserName"`
	From    cdata    `xml:"FromUserName"`
	Created int64    `xml:"CreateTime"`
	Kind    cdata    `xml:"MsgType"`

	Content     *cdata `xml:"Content"`
	Picture     *cdata `xml:"PicUrl"`
	Media       *cdata `xml:"MediaId"`
	Format      *cdata `xml:"Format"`
	Recognition *cdata `xml:"Recognition"`
	Thumb       *cdata `xml:"ThumbMediaId"`
	X           string `xml:"Location_X,omitempty"`
	Y           string `xml:"Location_Y,omitempty"`
	Scale       string `xml:"Scale,omitempty"`
	Label       *cdata `xml:"Label"`
	Title       *cdata `xml:"Title"`
	Description *cdata `xml:"Description"`
	URL         *cdata `xml:"Url"`
	ID          int64  `xml:"MsgId,omitempty"`
	Choice      *cdata `xml:"bizmsgmenuid"`

	Event      *cdata    `xml:"Event"`
	EventKey   *cdata    `xml:"EventKey"`
	Ticket     *cdata    `xml:"Ticket"`
	TemplateID int64     `xml:"MsgID,omitempty"`
	Status     *cdata    `xml:"Status"`
	Accepted   *accepted `xml:"SubscribeMsgPopupEvent>List"`
}

// accepted is what a person answered to the offer of subscription notices.
type accepted struct {
	Template *cdata `xml:"TemplateId"`
	Status   *cdata `xml:"SubscribeStatusString"`
	Scene    int    `xml:"PopupScene"`
}

// cdata is text as the platform writes it.
type cdata struct {
	Text string `xml:",cdata"`
}

func text(s string) *cdata { return &cdata{s} }

var errUnfollowed = errors.New("wechattest: who does not follow the account cannot write to it")

// act is what a person does: it changes the person, shows m on the phone unless its
// kind is empty, and tells the account.
func (p *Platform) act(openid string, m Message, d delivered, change func(*person)) Delivery {
	p.mu.Lock()
	who := p.people[openid]
	if who == nil {
		p.mu.Unlock()
		return Delivery{Err: errors.New("wechattest: nobody has this openid")}
	}
	if d.Kind.Text != "event" && !who.follows {
		p.mu.Unlock()
		return Delivery{Err: errUnfollowed}
	}
	change(who)
	if m.Kind != "" {
		p.show(who, m)
	}
	p.wake()
	out := p.address(openid, d)
	p.mu.Unlock()
	return p.deliver(out)
}

// address makes a delivery of what happened to a person.
func (p *Platform) address(openid string, d delivered) Delivery {
	d.To, d.From, d.Created = cdata{p.Account}, cdata{openid}, p.base().Unix()
	if d.Kind.Text != "event" {
		d.ID = p.number()
	}
	out := Delivery{Message: d.ID, openid: openid, twice: p.twice > 0}
	if out.twice {
		p.twice--
	}
	out.Plain, out.Err = xml.Marshal(d)
	return out
}

// later tells the account something nobody waits for.
func (p *Platform) later(openid string, d delivered) {
	if p.ctx.Err() == nil {
		out := p.address(openid, d)
		p.sending.Go(func() { p.deliver(out) })
	}
}
