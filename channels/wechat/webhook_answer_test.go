package wechat_test

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
	"careline/channels/weixin/weixintest"
)

// reply is what the patient's phone is told to show.
type reply struct{ ToUserName, FromUserName, MsgType, Content string }

func peer(t *testing.T) *weixintest.Peer {
	t.Helper()
	return weixintest.StartPeer(t, "../weixin/testdata/peers", weixintest.OfficialAccountPeer, account)
}

// overHTTP posts a delivery to a server, as the platform does.
func (d *desk) overHTTP(t *testing.T, server *httptest.Server, delivery weixintest.Delivery) string {
	t.Helper()
	answer, err := http.Post(server.URL+"/wechat/north?"+delivery.Query.Encode(), "text/xml", bytes.NewReader(delivery.Body))
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Errorf("answered %d", answer.StatusCode)
	}
	return body(t, answer)
}

func TestAPeerDeliversEveryKindAndOpensEveryAnswer(t *testing.T) {
	t.Parallel()
	node := peer(t)
	for _, k := range kinds(t) {
		d := newDesk(t)
		server := httptest.NewServer(d)
		if got := d.overHTTP(t, server, node.Deliver(k.message, noon)); got != "success" {
			t.Errorf("%s: answered %q", k.name, got)
		}
		if diff := cmp.Diff(k.want, d.meant(t)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", k.name, diff)
		}
		server.Close()
	}
}

func TestADangerIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	node := peer(t)
	d := newDesk(t)
	server := httptest.NewServer(d)
	defer server.Close()
	for _, c := range []struct {
		name   string
		urgent []bot.Text
		err    error
		want   string
	}{
		{"one text", []bot.Text{bot.T("请马上打120。\n别自己开车。")}, nil, "请马上打120。\n别自己开车。"},
		{"a text that looks like XML", []bot.Text{bot.T("<b>120</b> & ]]> 👩‍⚕️")}, nil, "<b>120</b> & ]]> 👩‍⚕️"},
		{"two texts", []bot.Text{bot.T("一"), bot.T("二")}, nil, "一\n\n二"},
		{"two texts of which one fits", []bot.Text{bot.T(strings.Repeat("一", 600)), bot.T(strings.Repeat("二", 600))}, nil, strings.Repeat("一", 600)},
		{"a text of 2,048 bytes", []bot.Text{bot.T(strings.Repeat("a", 2048))}, nil, strings.Repeat("a", 2048)},
		{"a message that cannot be taken", nil, bot.Errorf(bot.KindInvalid, "消息太长了，请分成几条发。", "inbox: too long"), "消息太长了，请分成几条发。"},
	} {
		d.receipt.Urgent, d.err = c.urgent, c.err
		var got reply
		if err := xml.Unmarshal([]byte(node.Open([]byte(d.overHTTP(t, server, node.Deliver(said("胸口疼"), noon))))), &got); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(reply{ToUserName: sender, FromUserName: "gh_97417a04a28d", MsgType: "text", Content: c.want}, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
	}
	d.receipt.Urgent, d.err = []bot.Text{bot.T(strings.Repeat("a", 2049))}, nil
	if got := d.overHTTP(t, server, node.Deliver(said("胸口疼"), noon)); got != "success" {
		t.Errorf("a text that does not fit was answered %q; it waits in the outbox", got)
	}
}
