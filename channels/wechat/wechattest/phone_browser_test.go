package wechattest_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/channels/wechat/wechattest"
)

// play is somebody who plays a patient on the page.
type play struct {
	*tab
	p      *wechattest.Platform
	a      *account
	openid string
	acts   int // what the account was told so far
}

func TestAPersonCanPlayAPatientInTheBrowser(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	p.Stranger("林小满")
	p.Join("陈建国")
	a.post(wechattest.PathMenuCreate, a.token(false), buttons{"button": {
		{Name: "报告", Subs: []wechattest.Button{{Kind: "click", Name: "我的报告", Key: "reports"}, {Kind: "click", Name: "问一问", Key: "ask"}}},
		{Kind: "click", Name: "转人工", Key: "person"},
		{Name: "我的", Subs: []wechattest.Button{{Kind: "click", Name: "家人", Key: "family"}, {Kind: "view", Name: "隐私与投诉", URL: "https://example.org/p"}}},
	}})
	b := &play{tab: browser(t), p: p, a: a}
	b.size(1180, 900)
	b.do(chromedp.Navigate(p.URL + "/?lang=zh"))
	b.see("您还没有关注这个公众号")
	b.click(`.invite button[value=follow]`)
	b.openid = string(b.told("the follow", func(m message.MixMessage) bool { return m.Event == message.EventSubscribe }).FromUserName)
	b.see("转人工")
	b.chats()
	b.sendsOtherThings()
	b.breaksThings()
	b.playsSomebodyElse()
}

// told waits until the account is told one thing more, and checks it.
func (b *play) told(what string, want func(message.MixMessage) bool) message.MixMessage {
	b.Helper()
	b.acts++
	m := b.a.waitFor(b.acts)[b.acts-1]
	if !want(m) {
		b.Errorf("%s came as %+v", what, m)
	}
	return m
}

func (b *play) chats() {
	b.Helper()
	b.write(`textarea[name=text]`, "血钾 5.8 是不是很高？"+"\r")
	b.told("the question", func(m message.MixMessage) bool { return m.Content == "血钾 5.8 是不是很高？" })
	// The browser's driver types the Enter once more as a character.
	b.until(`document.querySelector("textarea").value.trim() === ""`)
	b.a.post(wechattest.PathTyping, b.a.token(false), map[string]string{"touser": b.openid, "command": "Typing"})
	b.see("对方正在输入")
	b.a.send(b.openid, "您的血钾 5.8 mmol/L，比参考范围 3.5–5.3 偏高一些。\n请在今天之内联系医生。\n全文：https://example.org/full/7")
	b.until(`document.querySelector('.theirs a[href="https://example.org/full/7"]')`)
	b.until(`!document.body.innerText.includes("对方正在输入")`)
	b.a.post(wechattest.PathSend, b.a.token(false), map[string]any{"touser": b.openid, "msgtype": "msgmenu", "aimsgcontext": map[string]int{"is_ai_msg": 1},
		"msgmenu": map[string]any{"head_content": "这样说清楚了吗？", "list": []wechattest.Choice{{ID: "101", Content: "看懂了"}, {ID: "102", Content: "没看懂"}}, "tail_content": ""}})
	b.see("内容由 AI 生成")
	b.see("1 / 3 条")
	b.click(`.theirs button[value="看懂了"]`)
	b.told("the choice", func(m message.MixMessage) bool { return m.Content == "看懂了" && m.BizMsgMenuID == 101 })
}

func (b *play) sendsOtherThings() {
	b.Helper()
	b.click(`.shelf button[value=reports]`)
	b.told("the menu's tap", func(m message.MixMessage) bool { return m.EventKey == "reports" })
	b.click(`.shelf details summary`)
	b.picture("wechat-menu")
	b.click(`button[value=photo]`)
	b.told("the photo", func(m message.MixMessage) bool { return m.MsgType == "image" })
	b.until(`document.querySelector(".said.image img")?.naturalWidth > 100`)
	b.click(`.extras summary`)
	b.picture("wechat-extras")
	b.write(`.subs input[name=text]`, "我听不清")
	b.click(`.subs .row:not(.even) button`)
	b.told("the voice", func(m message.MixMessage) bool { return m.MsgType == "voice" })
	b.write(`.panel input[placeholder^="绑定码"]`, "b_7QK2")
	b.click(`.panel form:has([value=scan]) button`)
	b.told("the scan", func(m message.MixMessage) bool { return m.Event == message.EventScan && m.EventKey == "b_7QK2" })
	b.picture("wechat-wide")
}

func (b *play) breaksThings() {
	b.Helper()
	b.click(`.panel button[value=spent]`)
	b.see("等着发生：1")
	if code := b.a.send(b.openid, "好"); code != 45047 {
		b.Errorf("after breaking: %d", code)
	}
	b.click(`.panel button[value="48h"]`)
	b.see("窗口已关")
	if code := b.a.send(b.openid, "好"); code != 45015 {
		b.Errorf("after 48 hours: %d", code)
	}
	b.a.post(wechattest.PathTemplate, b.a.token(false), notice(b.openid, "T1", ""))
	b.see("服务通知")
	b.told("the notice's fate", func(m message.MixMessage) bool { return m.Event == message.EventTemplateSendJobFinish })
	b.size(1180, 1280)
	b.picture("wechat-closed")
	b.size(390, 844)
	b.picture("wechat-phone")
	b.size(1180, 900)
}

func (b *play) playsSomebodyElse() {
	b.Helper()
	b.do(chromedp.Navigate(b.p.URL + "/?lang=en"))
	b.see("Scan a code")
	b.until(`(document.querySelector("select[name=who]").selectedIndex = 1, document.querySelector("select[name=who]").dispatchEvent(new Event("change", {bubbles: true})), true)`)
	b.see("No messages yet")
	b.picture("wechat-english")
	b.click(`button[value=unfollow]`)
	b.see("You do not follow this account")
	b.told("the second person's unfollow", func(m message.MixMessage) bool {
		return m.Event == message.EventUnsubscribe && m.GetOpenID() != b.openid
	})
}
