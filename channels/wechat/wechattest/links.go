package wechattest

import (
	"html"
	"regexp"
)

// piece is a run of a text; one with a URL can be tapped.
type piece struct{ Text, URL string }

// tappable is what WeChat lets a reader tap in a text: a link with words, or an
// address as it stands.
var tappable = regexp.MustCompile(`<a\s+href="(https?://[^"\s]+)"[^>]*>([^<]*)</a>|https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+`)

func pieces(text string) (all []piece) {
	at := 0
	for _, m := range tappable.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			all = append(all, piece{Text: text[at:m[0]]})
		}
		p := piece{Text: text[m[0]:m[1]], URL: text[m[0]:m[1]]}
		if m[2] >= 0 {
			p = piece{Text: html.UnescapeString(text[m[4]:m[5]]), URL: html.UnescapeString(text[m[2]:m[3]])}
		}
		all, at = append(all, p), m[1]
	}
	if at < len(text) {
		all = append(all, piece{Text: text[at:]})
	}
	return all
}
