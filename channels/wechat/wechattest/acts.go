package wechattest

import "strings"

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
		p.notice(openid, "二维码已过期，或不是有效的二维码")
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
