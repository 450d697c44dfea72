package wechattest

import "strconv"

// SendLocation shares a place.
func (p *Platform) SendLocation(openid string, latitude, longitude float64, label string) Delivery {
	degrees := func(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
	return p.act(openid, Message{Kind: "location", Text: label},
		delivered{Kind: cdata{"location"}, X: degrees(latitude), Y: degrees(longitude), Scale: "15", Label: text(label)}, p.wroteNow)
}

// SendLink shares a page.
func (p *Platform) SendLink(openid, title, description, address string) Delivery {
	return p.act(openid, Message{Kind: "link", Text: title, URL: address},
		delivered{Kind: cdata{"link"}, Title: text(title), Description: text(description), URL: text(address)}, p.wroteNow)
}

// SendUnknown sends a message of a kind that is not documented, such as "file".
func (p *Platform) SendUnknown(openid, kind string) Delivery {
	return p.act(openid, Message{Kind: kind}, delivered{Kind: cdata{kind}}, p.wroteNow)
}
