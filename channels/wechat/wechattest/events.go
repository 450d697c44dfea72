package wechattest

import (
	"encoding/xml"
	"errors"
	"strings"
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

func (p *Platform) wroteNow(who *person) { who.wrote = window{opening: writing, opened: p.now()} }
func (p *Platform) tapsNow(who *person)  { who.tapped = window{opening: tapping, opened: p.now()} }

// Say writes a text.
func (p *Platform) Say(openid, words string) Delivery {
	return p.act(openid, Message{Kind: "text", Text: words}, delivered{Kind: cdata{"text"}, Content: text(words)}, p.wroteNow)
}

// Follow follows the account; scene is what the scanned code says, "" without one.
func (p *Platform) Follow(openid, scene string) Delivery {
	d := delivered{Kind: cdata{"event"}, Event: text("subscribe"), EventKey: text("")}
	if scene != "" {
		d.EventKey, d.Ticket = text("qrscene_"+scene), p.ticketOf(scene)
	}
	return p.act(openid, Message{By: ByPlatform, Kind: "event", Text: "已关注公众号"}, d, func(who *person) {
		who.follows, who.since, who.scene = true, p.now(), scene
		p.tapsNow(who)
	})
}

// Unfollow ends the follow, and with it every window.
func (p *Platform) Unfollow(openid string) Delivery {
	d := delivered{Kind: cdata{"event"}, Event: text("unsubscribe"), EventKey: text("")}
	return p.act(openid, Message{By: ByPlatform, Kind: "event", Text: "已取消关注"}, d, func(who *person) {
		who.follows, who.wrote, who.tapped = false, window{}, window{}
	})
}

// Scan scans a code: its scene, or the address a code of qrcode/create holds. Who
// does not follow the account follows it by that.
func (p *Platform) Scan(openid, code string) Delivery {
	scene, err := p.sceneOf(strings.TrimSpace(code))
	if err != nil {
		return Delivery{Err: err}
	}
	if !p.Follows(openid) {
		return p.Follow(openid, scene)
	}
	d := delivered{Kind: cdata{"event"}, Event: text("SCAN"), EventKey: text(scene), Ticket: p.ticketOf(scene)}
	return p.act(openid, Message{By: ByPlatform, Kind: "event", Text: "扫描了二维码"}, d, p.tapsNow)
}

// Follows reports whether a person follows the account.
func (p *Platform) Follows(openid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[openid]
	return who != nil && who.follows
}

// Click taps an entry of the account's menu that reports its key.
func (p *Platform) Click(openid, key string) Delivery {
	d := delivered{Kind: cdata{"event"}, Event: text("CLICK"), EventKey: text(key)}
	return p.act(openid, Message{}, d, p.tapsNow)
}

// View taps an entry of the account's menu that leads to a page. It opens no window.
func (p *Platform) View(openid, address string) Delivery {
	d := delivered{Kind: cdata{"event"}, Event: text("VIEW"), EventKey: text(address)}
	return p.act(openid, Message{}, d, func(*person) {})
}

// TapChoice taps a choice of a menu in a message: a text that names the choice. By
// the platform's documents it counts as a tap, not as writing.
func (p *Platform) TapChoice(openid string, choice Choice) Delivery {
	d := delivered{Kind: cdata{"text"}, Content: text(choice.Content), Choice: text(choice.ID)}
	return p.act(openid, Message{Kind: "text", Text: choice.Content}, d, p.tapsNow)
}
