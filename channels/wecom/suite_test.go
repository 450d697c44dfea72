package wecom_test

import (
	"slices"
	"testing"
	"time"

	"careline/bot"
	"careline/channels"
	"careline/channels/channeltest"
	"careline/channels/wecom"
	"careline/channels/wecom/wecomtest"
)

const anna = "wm-invented-0001"

func TestWeComKeepsWhatEveryChannelPromises(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Harness {
		a := newAccount(t)
		a.Enter(anna, "")
		a.Advance(time.Minute) // too late for a greeting
		return channeltest.Harness{
			Adapter: conversing{a.adapter},
			Restart: func() channels.Adapter { return a.restarted(t) },
			To:      bot.T(anna),
			Writes: func(text string, times int) {
				// The platform hands a message out again to who asks with an old cursor.
				before := a.cursor
				a.Write(anna, text)
				for range times {
					a.cursor = before
					a.pull(t)
				}
			},
			Inbox:  func() []bot.Inbound { return slices.DeleteFunc(slices.Clone(a.delivered), isEntering) },
			Seen:   func() []string { return a.shown(anna) },
			Expire: func() { a.Advance(48*time.Hour + time.Second) },
			Faults: a.faults(),
		}
	})
}

func isEntering(in bot.Inbound) bool { return in.Kind == bot.MessageFollow }

// conversing is the adapter for a patient who has written. The suite's windows hold
// several messages; that of the greeting holds one, and has tests of its own.
type conversing struct{ *wecom.Adapter }

func (c conversing) Limits() channels.Limits {
	l := c.Adapter.Limits()
	l.Windows = slices.DeleteFunc(l.Windows, func(w bot.Window) bool { return w.Opening == bot.OpenedByTapping })
	return l
}

func (a account) restarted(t *testing.T) channels.Adapter {
	adapter, err := wecom.New(a.adapter.Config)
	if err != nil {
		t.Fatal(err)
	}
	return conversing{adapter}
}

func (a account) faults() []channeltest.Fault {
	fail := func(f wecomtest.Fault) func() { return func() { a.Fail("kf/send_msg", f) } }
	return []channeltest.Fault{
		{Name: "the platform is busy", Arm: fail(wecomtest.Fault{Code: -1}), Want: channels.SendError{Kind: channels.Retry}},
		{Name: "the gateway is down", Arm: fail(wecomtest.Fault{Status: 502}), Want: channels.SendError{Kind: channels.Retry}},
		{Name: "the answer is lost", Arm: fail(wecomtest.Fault{Lost: true}), Want: channels.SendError{Kind: channels.Retry}, Shown: true},
		{Name: "too many calls", Arm: fail(wecomtest.Fault{Code: 45009}), Want: channels.SendError{Kind: channels.Later, After: time.Minute, Operator: true}},
		{Name: "no permission", Arm: fail(wecomtest.Fault{Code: 48002}), Want: channels.SendError{Kind: channels.Later, After: time.Minute, Operator: true}},
		{Name: "48 hours are over", Arm: fail(wecomtest.Fault{Code: 95002}), Want: channels.SendError{Kind: channels.Hold, Closed: true}},
		{Name: "five were sent", Arm: fail(wecomtest.Fault{Code: 95001}), Want: channels.SendError{Kind: channels.Hold}},
		{Name: "no such patient", Arm: fail(wecomtest.Fault{Code: 40096}), Want: channels.SendError{Kind: channels.Never}},
		{
			Name: "nobody can say who has the session",
			Arm:  func() { a.Fail("kf/service_state/get", wecomtest.Fault{Lost: true}) },
			Want: channels.SendError{Kind: channels.Retry},
		},
	}
}
