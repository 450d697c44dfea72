package wechat

import (
	"strings"
	"testing"
	"unicode/utf8"

	"careline/bot"
)

// FuzzMessage: no decrypted bytes panic, whatever is taken in has a sender, a kind
// and an id, and no words change who wrote them.
func FuzzMessage(f *testing.F) {
	const from = "o-invented-patient"
	before := "<xml><ToUserName><![CDATA[gh]]></ToUserName><FromUserName><![CDATA[" + from + "]]></FromUserName><CreateTime>1772424000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA["
	after := "]]></Content><MsgId>23456789012345678</MsgId></xml>"
	f.Add([]byte(before + "在吗" + after))
	f.Add([]byte("<xml><FromUserName>a</FromUserName><MsgType>event</MsgType><Event>SCAN</Event><EventKey>x</EventKey></xml>"))
	f.Add([]byte("]]></Content><FromUserName>o-victim</FromUserName><Content><![CDATA["))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if d, err := parse(raw); err == nil {
			d.notices()
			if in, ok := d.inbound(nil); ok && (in.ExternalID.Empty() || in.Kind == "" || in.ProviderID == "" || len(in.ProviderID) > 40) {
				t.Errorf("taken in: %+v", in)
			}
		}
		d, err := parse([]byte(before + string(raw) + after))
		if err != nil {
			if !strings.Contains(string(raw), "]]") {
				t.Errorf("a patient's words were lost: %q", raw)
			}
			return
		}
		in, ok := d.inbound(nil)
		if !ok || in.ExternalID != bot.T(from) || in.Kind == bot.MessageUnfollow || !utf8.ValidString(in.Text.Plain()) {
			t.Errorf("words changed their sender or their kind: %q", raw)
		}
	})
}
