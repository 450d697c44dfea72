package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"careline/bot"
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
	adapter, err := c.adapter(func(out bot.Outbound) string {
		return fullAnswer(public, out)
	})
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

// fullAnswer is where the whole of an answer is read, by whoever shows the
// openid it went to; "" while nobody outside can reach us.
func fullAnswer(public string, out bot.Outbound) string {
	if public == "" {
		return ""
	}
	page := fmt.Sprintf("/w/%s/answers/%d/full", out.Institution, out.ID)
	return fmt.Sprintf("%s/wechat/%s/enter?to=%s", publicAddress(public), out.Institution, url.QueryEscape(page))
}
