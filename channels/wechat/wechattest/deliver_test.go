package wechattest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/channels/wechat/wechattest"
)

func TestWhatAPersonDoesReachesTheAccountSealed(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	for _, c := range []struct {
		does func(p *wechattest.Platform, openid string)
		want func(m message.MixMessage) bool
	}{
		{say, func(m message.MixMessage) bool { return m.MsgType == "text" && m.Content == "你好" && m.MsgID != 0 }},
		{click, func(m message.MixMessage) bool {
			return m.Event == message.EventClick && m.EventKey == "reports" && m.MsgID == 0
		}},
		{choose, func(m message.MixMessage) bool {
			return m.MsgType == "text" && m.Content == "看懂了" && m.BizMsgMenuID == 1
		}},
		{scan, func(m message.MixMessage) bool { return m.Event == message.EventScan && m.EventKey == "code-1" }},
		{unfollow, func(m message.MixMessage) bool { return m.Event == message.EventUnsubscribe }},
		{follow, func(m message.MixMessage) bool { return m.Event == message.EventSubscribe && m.EventKey == "" }},
		{unfollow, func(m message.MixMessage) bool { return m.Event == message.EventUnsubscribe }},
		{scan, func(m message.MixMessage) bool {
			return m.Event == message.EventSubscribe && m.EventKey == "qrscene_code-1"
		}},
	} {
		before := len(a.messages())
		c.does(p, openid)
		got := a.messages()
		if len(got) != before+1 {
			t.Fatalf("%d deliveries", len(got)-before)
		}
		m := got[before]
		if !c.want(m) || m.GetOpenID() != openid || string(m.ToUserName) != p.Account || time.Since(time.Unix(m.CreateTime, 0)) > time.Minute {
			t.Errorf("delivered %+v", m)
		}
	}
}

// busy answers 503 to the first until deliveries.
func busy(until int) func(int, http.ResponseWriter, message.MixMessage) {
	return func(n int, w http.ResponseWriter, _ message.MixMessage) {
		if n <= until {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "success")
	}
}

// slow answers the first delivery too late.
func slow(n int, w http.ResponseWriter, _ message.MixMessage) {
	if n == 1 {
		time.Sleep(2 * time.Second)
	}
	_, _ = io.WriteString(w, "success")
}

func wrong(_ int, w http.ResponseWriter, _ message.MixMessage) { _, _ = io.WriteString(w, "ok") }

func TestADeliveryThatIsNotAcceptedIsRepeatedTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer   func(int, http.ResponseWriter, message.MixMessage)
		attempts int
		accepted bool
	}{
		"accepted at once":            {nil, 1, true},
		"503 once":                    {busy(1), 2, true},
		"503 twice":                   {busy(2), 3, true},
		"503 always":                  {busy(9), 3, false},
		"too slow once":               {slow, 2, true},
		"neither success nor a reply": {wrong, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, a := start(t, func(c *wechattest.Config) { c.Patience = 1500 * time.Millisecond })
			a.answer = c.answer
			openid := p.Join("赵一")
			d := p.Say(openid, "你好")
			if d.Attempts != c.attempts || d.Accepted() != c.accepted {
				t.Errorf("%d attempts, %v; want %d", d.Attempts, d.Err, c.attempts)
			}
			for _, m := range a.messages() {
				if m.MsgID != d.Message {
					t.Errorf("delivered again as %d, not %d", m.MsgID, d.Message)
				}
			}
			shown := p.Messages(openid)
			if last := shown[len(shown)-1]; strings.Contains(last.Text, "出现故障") == c.accepted {
				t.Errorf("the phone shows %q", last.Text)
			}
		})
	}
}

func TestAMessageIsDeliveredTwiceOnDemand(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	p.Duplicate(1)
	first := p.Say(openid, "你好")
	second := p.Say(openid, "在吗")
	p.Again(first)
	var ids []int64
	for _, m := range a.messages() {
		ids = append(ids, m.MsgID)
	}
	want := []int64{first.Message, first.Message, second.Message, first.Message}
	if len(ids) != 4 || ids[0] != want[0] || ids[1] != want[1] || ids[2] != want[2] || ids[3] != want[3] {
		t.Errorf("delivered %v, want %v", ids, want)
	}
	if n := len(p.Messages(openid)); n != 2 {
		t.Errorf("the phone shows %d messages, the person wrote 2", n)
	}
}

func TestASealedReplyIsShownAndAForgedOneIsNot(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	a.answer = func(n int, w http.ResponseWriter, in message.MixMessage) {
		switch n {
		case 1:
			a.seal(w, openid, "请立即拨打120", p.AppID)
		case 2:
			a.seal(w, openid, "请立即拨打120", "wxforged")
		case 3:
			a.seal(w, "oSomebodyElse", "请立即拨打120", p.AppID)
		case 4:
			_, _ = io.WriteString(w, "<xml><Content>unsealed</Content></xml>")
		}
	}
	for n, want := range []bool{true, false, false, false} {
		d := p.Say(openid, "胸口很痛")
		if d.Accepted() != want || d.Attempts != 1 {
			t.Errorf("reply %d: %v after %d attempts", n+1, d.Err, d.Attempts)
		}
	}
	received := p.Received(openid)
	if len(received) != 1 || received[0].By != wechattest.ByReply || received[0].Text != "请立即拨打120" {
		t.Errorf("the phone shows %+v", received)
	}
	if w := p.Windows(openid); w.Written != 5 {
		t.Errorf("a passive reply costs nothing of the window; %d are left", w.Written)
	}
}

func TestWhoDoesNotFollowCannotWrite(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Stranger("路人")
	if d := p.Say(openid, "你好"); d.Accepted() || len(a.messages()) != 0 {
		t.Errorf("delivered %+v", a.messages())
	}
}
