package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/channels/wechat"
	"careline/channels/weixin"
	"careline/channels/weixin/weixintest"
)

// benchedAccount is an official account with patients who wrote before.
type benchedAccount struct {
	app         *app
	institution bot.InstitutionID
	hook        *wechat.Webhook
	posted      int
}

var benchAccount = weixintest.Account{Platform: weixin.OfficialAccount, Token: "benchmark", AppID: "wx2c2769f8efd9abc2", Key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"}

// benchQuestions are what patients of an official account write; none names a danger.
var benchQuestions = []string{"转氨酶这么高要紧吗？", "上次的血脂和这次比怎么样？", "is my sugar too high?", "带箭头的是什么意思", "报告里尿酸四百六，平时要注意什么"}

const benchPatients = 400

func newBenchedAccount(b *testing.B) *benchedAccount {
	b.Helper()
	_, a := started(b)
	all, err := a.store.Institutions(b.Context())
	if err != nil || len(all) != 1 {
		b.Fatal(len(all), err)
	}
	envelope, err := benchAccount.Envelope()
	if err != nil {
		b.Fatal(err)
	}
	account := &benchedAccount{app: a, institution: all[0].ID}
	account.hook = wechat.NewWebhook(wechat.WebhookConfig{
		Institution: all[0].ID, Envelope: envelope, Now: func() time.Time { return time.Now().UTC() }, Log: slog.New(slog.DiscardHandler),
		Receive: func(ctx context.Context, in bot.Inbound, now time.Time) (wechat.Receipt, error) {
			received, err := a.inbox.Receive(ctx, in, now)
			return wechat.Receipt{Duplicate: received.Duplicate}, err
		},
	})
	first := weixintest.NewLoad(account.hook, 4)
	defer first.Close()
	account.taken(b, first.Post(account.deliveries(b, benchPatients)))
	return account
}

// deliveries are new messages, of each patient in turn.
func (a *benchedAccount) deliveries(b *testing.B, n int) []weixintest.Delivery {
	b.Helper()
	made := make([]weixintest.Delivery, n)
	for i := range made {
		a.posted++
		message := fmt.Sprintf("<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[o-bench-%d]]></FromUserName><CreateTime>%d</CreateTime>"+
			"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content><MsgId>%d</MsgId></xml>",
			a.posted%benchPatients, time.Now().Unix(), benchQuestions[a.posted%len(benchQuestions)], a.posted)
		var err error
		if made[i], err = benchAccount.Deliver(message, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	return made
}

// taken fails unless every delivery was acknowledged.
func (a *benchedAccount) taken(b *testing.B, l weixintest.Loaded) {
	b.Helper()
	if l.Err != nil || l.Refused > 0 {
		b.Fatalf("%d of %d were not acknowledged: %v %v", l.Refused, len(l.Took), l.Err, a.hook.Counts())
	}
}

// nothingLost compares what was posted with what the database holds.
func (a *benchedAccount) nothingLost(b *testing.B) {
	b.Helper()
	var stored int
	err := a.app.db.In(b.Context(), a.institution, func(tx pgx.Tx) error {
		return tx.QueryRow(b.Context(), `select count(*) from inbox where channel = 'wechat'`).Scan(&stored)
	})
	if err != nil || stored != a.posted {
		b.Fatalf("%d messages posted, %d stored: %v", a.posted, stored, err)
	}
}

// BenchmarkWeChat is the durable webhook: verify, decrypt, triage, one transaction
// with fsync on, success. The SDK's echo handler, which stores nothing, runs in
// turn with it: 16 connections, encrypted messages. ratio is our messages a second
// over the SDK's.
func BenchmarkWeChat(b *testing.B) {
	account := newBenchedAccount(b)
	hook, echo := weixintest.NewLoad(account.hook, 16), weixintest.NewLoad(weixintest.Echo(benchAccount), 16)
	defer hook.Close()
	defer echo.Close()
	var ours, theirs time.Duration
	var took []time.Duration
	for b.Loop() {
		deliveries := account.deliveries(b, 1000)
		stored := hook.Post(deliveries)
		account.taken(b, stored)
		echoed := echo.Post(deliveries)
		account.taken(b, echoed)
		ours, theirs, took = ours+stored.Elapsed, theirs+echoed.Elapsed, append(took, stored.Took...)
	}
	account.nothingLost(b)
	slices.Sort(took)
	b.ReportMetric(float64(len(took))/ours.Seconds(), "messages/s")
	b.ReportMetric(float64(len(took))/theirs.Seconds(), "sdk-messages/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkWeChatBurst is ten times as many connections for a minute.
func BenchmarkWeChatBurst(b *testing.B) {
	if os.Getenv("CARELINE_PROVE") == "" {
		b.Skip("a minute of load: run with CARELINE_PROVE=1")
	}
	account := newBenchedAccount(b)
	load := weixintest.NewLoad(account.hook, 160)
	defer load.Close()
	var loaded time.Duration
	var took []time.Duration
	for loaded < time.Minute {
		answered := load.Post(account.deliveries(b, 4000))
		account.taken(b, answered)
		loaded, took = loaded+answered.Elapsed, append(took, answered.Took...)
	}
	account.nothingLost(b)
	slices.Sort(took)
	b.ReportMetric(float64(len(took))/loaded.Seconds(), "messages/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "lost")
}
