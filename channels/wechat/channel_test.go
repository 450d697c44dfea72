package wechat

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/channels"
	"careline/channels/channeltest"
	"careline/channels/weixin"
	"careline/channels/weixin/weixintest"
)

const sendPath = "/cgi-bin/message/custom/send"

func TestTheOfficialAccountIsAChannel(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Harness {
		p := newPlatform(t)
		deliver, inbox := deliveries(t, p)
		return channeltest.Harness{
			Adapter: p.adapter(t), Restart: func() channels.Adapter { return p.adapter(t) }, To: bot.T(theOpenID),
			Writes: deliver,
			Inbox:  inbox,
			Seen:   p.texts,
			Expire: p.expire,
			Faults: append(codeFaults(p), lineFaults(p)...),
		}
	})
}

// deliveries lets the person write: the platform delivers each text, sealed, to our
// callback, and the window opens.
func deliveries(t *testing.T, p *platform) (deliver func(text string, times int), inbox func() []bot.Inbound) {
	t.Helper()
	account := weixintest.Account{Platform: weixin.OfficialAccount, Token: "callbacktoken", AppID: "wx0123456789abcdef", Key: strings.Repeat("a", 42) + "A"}
	envelope, err := account.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	var taken []bot.Inbound
	hook := NewWebhook(WebhookConfig{Institution: "default", Envelope: envelope, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Receive: func(_ context.Context, in bot.Inbound, _ time.Time) (Receipt, error) {
			taken = append(taken, in)
			return Receipt{}, nil
		}})
	messages := 0
	return func(text string, times int) {
		t.Helper()
		messages++
		plain := fmt.Sprintf("<xml><ToUserName>gh_1</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content>%s</Content><MsgId>%d</MsgId></xml>",
			theOpenID, time.Now().Unix(), text, 24_000_000_000_000+messages)
		for range times {
			d, err := account.Deliver(plain, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			if hook.ServeHTTP(w, d.Request("/wechat/default")); w.Code != http.StatusOK {
				t.Fatalf("a delivery: status %d", w.Code)
			}
		}
		p.writes()
	}, func() []bot.Inbound { return taken }
}

// codeFaults are the platform's codes with what they mean, after the return codes
// in the documentation of official accounts.
func codeFaults(p *platform) (all []channeltest.Fault) {
	later := func(operator bool) channels.SendError {
		return channels.SendError{Kind: channels.Later, After: time.Second, Operator: operator}
	}
	never := channels.SendError{Kind: channels.Never}
	for _, row := range []struct {
		codes []int
		want  channels.SendError
	}{
		{[]int{-1}, channels.SendError{Kind: channels.Retry}},
		{[]int{45009, 45011}, later(true)},
		{[]int{45047}, channels.SendError{Kind: channels.Hold}},
		{[]int{45015}, channels.SendError{Kind: channels.Hold, Closed: true}},
		{[]int{40003, 43004, 43019, 48002, 50002}, never},
		{[]int{48001, 48004, 40164, 40125, 40013}, later(true)},
		{[]int{99999}, channels.SendError{Kind: channels.Never, Operator: true}},
	} {
		for _, code := range row.codes {
			all = append(all, channeltest.Fault{Name: "code " + strconv.Itoa(code), Want: row.want, Arm: func() { p.once(sendPath, answers(code)) }})
		}
	}
	for _, code := range []int{40001, 40014, 42001} {
		all = append(all, channeltest.Fault{Name: fmt.Sprintf("code %d twice", code), Want: later(true), Arm: func() {
			p.once(sendPath, func(w http.ResponseWriter, r *http.Request) {
				p.once(sendPath, answers(code))
				answers(code)(w, r)
			})
		}})
	}
	return all
}

func answers(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"errcode":%d,"errmsg":"%s %s"}`, code, theOpenID, theToken)
	}
}

// lineFaults are the ways the line to the platform can fail.
func lineFaults(p *platform) []channeltest.Fault {
	unknown := channels.SendError{Kind: channels.Unknown}
	status := func(code int) func() {
		return func() {
			p.once(sendPath, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, theOpenID, code) })
		}
	}
	return []channeltest.Fault{
		{Name: "the platform is down", Want: channels.SendError{Kind: channels.Retry}, Arm: status(http.StatusBadGateway)},
		{Name: "a gateway limits calls", Want: channels.SendError{Kind: channels.Later, After: time.Second, Operator: true}, Arm: status(http.StatusTooManyRequests)},
		{Name: "a gateway forbids", Want: channels.SendError{Kind: channels.Later, After: time.Second, Operator: true}, Arm: status(http.StatusForbidden)},
		{Name: "a redirect", Want: channels.SendError{Kind: channels.Later, After: time.Second, Operator: true}, Arm: status(http.StatusFound)},
		{Name: "no answer in time", Want: unknown, Arm: func() {
			p.once(sendPath, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		}},
		{Name: "the line breaks before an answer", Want: unknown, Arm: func() {
			p.once(sendPath, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}},
		{Name: "an answer nobody can read", Want: unknown, Arm: func() {
			p.once(sendPath, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") })
		}},
		{Name: "no token for want of a line", Want: channels.SendError{Kind: channels.Retry}, Arm: func() {
			p.once("/cgi-bin/stable_token", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}},
		{Name: "no token for a wrong secret", Want: channels.SendError{Kind: channels.Later, After: time.Second, Operator: true}, Arm: func() {
			p.once("/cgi-bin/stable_token", answers(40125))
		}},
	}
}
