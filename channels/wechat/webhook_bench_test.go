package wechat_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/channels/wechat"
	"careline/channels/weixin/weixintest"
)

// BenchmarkWebhook is the webhook alone, with nothing behind it, beside the SDK's
// echo handler in the same run: 16 connections, encrypted messages, turn by turn.
// ratio is the webhook's messages a second over the SDK's.
func BenchmarkWebhook(b *testing.B) {
	envelope, err := account.Envelope()
	if err != nil {
		b.Fatal(err)
	}
	hook := weixintest.NewLoad(wechat.NewWebhook(wechat.WebhookConfig{
		Institution: "north", Envelope: envelope, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Receive: func(context.Context, bot.Inbound, time.Time) (wechat.Receipt, error) { return wechat.Receipt{}, nil },
	}), 16)
	defer hook.Close()
	echo := weixintest.NewLoad(weixintest.Echo(account), 16)
	defer echo.Close()
	deliveries := make([]weixintest.Delivery, 1000)
	for n := range deliveries {
		words := strings.Replace(said("转氨酶这么高要紧吗？"), "23456789012345678", fmt.Sprint(n+1), 1)
		if deliveries[n], err = account.Deliver(words, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	var ours, theirs time.Duration
	for b.Loop() {
		for load, total := range map[*weixintest.Load]*time.Duration{hook: &ours, echo: &theirs} {
			answered := load.Post(deliveries)
			if answered.Err != nil || answered.Refused > 0 {
				b.Fatalf("%d were refused: %v", answered.Refused, answered.Err)
			}
			*total += answered.Elapsed
		}
	}
	posted := float64(b.N * len(deliveries))
	b.ReportMetric(posted/ours.Seconds(), "messages/s")
	b.ReportMetric(posted/theirs.Seconds(), "sdk-messages/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
}
