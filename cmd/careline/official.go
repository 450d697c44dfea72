package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"careline/bot"
	"careline/channels/webchat"
	"careline/channels/wechat"
)

// official is the official account of one institution: where its messages arrive,
// and how it is written to.
type official struct {
	institution bot.InstitutionID
	adapter     *wechat.Adapter
	webhook     *wechat.Webhook
}

// openOfficial wires the official account; nil where none is configured.
func (a *app) openOfficial(c wechatConfig, id bot.InstitutionID, public string, log *slog.Logger) (*official, error) {
	if !c.configured() {
		return nil, nil
	}
	full := func(bot.Outbound) string { return "" }
	if public != "" {
		full = func(out bot.Outbound) string { return webchat.FullLink(public, out) }
	}
	adapter, err := c.adapter(full)
	if err != nil {
		return nil, err
	}
	envelope, err := c.envelope()
	if err != nil {
		return nil, err
	}
	hook := wechat.NewWebhook(wechat.WebhookConfig{
		Institution: id, Envelope: envelope, Receive: a.receiveOfficial, Menu: wechat.Words(), Log: log,
		Now: func() time.Time { return time.Now().UTC() },
		NoticeResult: func(ctx context.Context, _ bot.Text, ref, status string) error {
			return a.store.NoticeDelivered(ctx, id, ref, status == "success", time.Now().UTC())
		},
	})
	return &official{institution: id, adapter: adapter, webhook: hook}, nil
}

// receiveOfficial takes a message in as every channel does.
func (a *app) receiveOfficial(ctx context.Context, in bot.Inbound, now time.Time) (wechat.Receipt, error) {
	received, err := a.inbox.Receive(ctx, in, now)
	return wechat.Receipt{Urgent: received.Urgent, Duplicate: received.Duplicate}, err
}

// routes adds the callback.
func (o *official) routes(mux *http.ServeMux) {
	if o != nil {
		mux.Handle("/wechat/"+string(o.institution), o.webhook)
	}
}
