package wechattest_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/channels/wechat/wechattest"
)

func notice(openid, template, once string) *message.TemplateMessage {
	return &message.TemplateMessage{ToUser: openid, TemplateID: template, ClientMsgID: once, URL: "https://example.org",
		Data: map[string]*message.TemplateDataItem{"thing1": {Value: "您有一份新报告"}, "time2": {Value: "2026年3月2日"}}}
}

func TestATemplateMessageNeedsAFollowAndIsConfirmedLater(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid, stranger := p.Join("赵一"), p.Stranger("路人")
	token := a.token(false)
	for name, c := range map[string]struct {
		to, template string
		code         int
	}{
		"nobody":      {"oNobody", "T1", 40003},
		"no follow":   {stranger, "T1", 43004},
		"no template": {openid, "", 40037},
	} {
		if got := a.post(wechattest.PathTemplate, token, notice(c.to, c.template, "")); got.Code != c.code {
			t.Errorf("%s: %+v, want %d", name, got, c.code)
		}
	}
	first := a.post(wechattest.PathTemplate, token, notice(openid, "T1", "report-7"))
	again := a.post(wechattest.PathTemplate, token, notice(openid, "T1", "report-7"))
	if first.Code != 0 || first.Message == 0 || again.Message != first.Message {
		t.Errorf("sent %+v, then %+v", first, again)
	}
	got := a.waitFor(1)
	if got[0].Event != message.EventTemplateSendJobFinish || got[0].TemplateMsgID != first.Message || got[0].Status != "success" || got[0].GetOpenID() != openid {
		t.Errorf("confirmed by %+v", got[0])
	}
	shown := p.Received(openid)
	if len(shown) != 1 || shown[0].Text != "您有一份新报告\n2026年3月2日" || shown[0].By != wechattest.ByTemplate {
		t.Errorf("the phone shows %+v", shown)
	}
	p.Block(openid, true)
	a.post(wechattest.PathTemplate, token, notice(openid, "T1", "report-8"))
	if got := a.waitFor(2); got[1].Status != "failed:user block" || len(p.Received(openid)) != 1 {
		t.Errorf("refused by the person: %+v", got[1])
	}
}

func TestASubscriptionNoticeNeedsAConsentForEachMessage(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	send := func(template string) int {
		return a.post(wechattest.PathSubscribe, a.token(false), message.SubscribeMessage{ToUser: openid, TemplateID: template, Page: "https://example.org",
			Data: map[string]*message.SubscribeDataItem{"thing1": {Value: "您有一份新报告"}}}).Code
	}
	if code := send("T1"); code != 43101 {
		t.Errorf("without consent: %d", code)
	}
	p.Accept(openid, "T1")
	events := a.messages()
	if list := events[0].GetSubscribeMsgPopupEvents(); len(list) != 1 || list[0].TemplateID != "T1" || list[0].SubscribeStatusString != "accept" {
		t.Errorf("told by %+v", events[0])
	}
	for i, want := range []struct {
		template string
		code     int
	}{{"T2", 43101}, {"T1", 0}, {"T1", 43101}} {
		if code := send(want.template); code != want.code {
			t.Errorf("notice %d: %d, want %d", i, code, want.code)
		}
	}
	if n := len(p.Received(openid)); n != 1 {
		t.Errorf("%d notices came", n)
	}
}

func TestTheAccountLearnsWhoFollowsAndHow(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Stranger("赵一")
	info := func(openid string) (answer, string) {
		out, body, _ := a.get(wechattest.PathUser, a.with("openid", openid))
		return out, string(body)
	}
	if got, _ := info(openid); got.Code != 0 || got.Follows != 0 {
		t.Errorf("before the follow: %+v", got)
	}
	p.Scan(openid, "b_7QK2")
	if got, body := info(openid); got.Follows != 1 || !strings.Contains(body, `"qr_scene_str":"b_7QK2"`) {
		t.Errorf("after it: %s", body)
	}
	if got, _ := info("oNobody"); got.Code != 40003 {
		t.Errorf("nobody: %+v", got)
	}
	if got, _, _ := a.get(wechattest.PathUser, url.Values{}); got.Code != 41001 {
		t.Errorf("without a token: %+v", got)
	}
}
