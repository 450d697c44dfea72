// Package wechat is the official account: a webhook that takes messages in, and
// an adapter that sends.
package wechat

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"careline/bot"
	"careline/channels/weixin"
)

// channelName is the channel's name in the vocabulary.
const channelName = "wechat"

// storeWithin is how long a delivery may take to be stored. The platform waits five
// seconds for an answer, then delivers again.
const storeWithin = 4 * time.Second

// success acknowledges a delivery; any other text would be shown to the patient.
const success = "success"

// Receipt says what became of a message that was taken in.
type Receipt struct {
	Urgent    []bot.Text // the reviewed text of a danger; it stands in the outbox too
	Duplicate bool
}

// WebhookConfig is what a Webhook needs.
type WebhookConfig struct {
	Institution bot.InstitutionID
	Envelope    *weixin.Envelope
	// Receive stores a message. After it returns without error nothing is lost.
	Receive func(context.Context, bot.Inbound, time.Time) (Receipt, error)
	// NoticeResult records how a template message or subscription notice fared:
	// the platform's id of it, and "success" or a reason. Nil: nobody asks.
	NoticeResult func(ctx context.Context, openid bot.Text, id, status string) error
	Menu         map[string]string // the words of our menu's buttons by their key
	Log          *slog.Logger
	Now          func() time.Time
}

// Webhook is the callback URL of an official account (服务器地址). It acknowledges
// a message once it is stored, and answers at once only to a danger.
type Webhook struct {
	WebhookConfig
	seldom rate.Sometimes // whoever forges callbacks must not fill the log

	mu     sync.Mutex
	counts map[string]int64
}

// NewWebhook is ready to serve.
func NewWebhook(c WebhookConfig) *Webhook {
	return &Webhook{WebhookConfig: c, seldom: rate.Sometimes{First: 10, Interval: time.Second}, counts: map[string]int64{}}
}

// How callbacks end, beside the refusals of weixin.
const (
	endStored      = "stored"
	endDuplicate   = "duplicate"
	endNothing     = "nothing" // there was nothing to take in
	endInvalid     = "invalid" // the patient was told why it was not taken
	endUnreadable  = "unreadable"
	endUnavailable = "unavailable" // the platform will deliver it again
	endUnsealed    = "unsealed"    // stored, but the text of a danger waits for the outbox
)

// Counts are the callbacks since the process began, by how they ended: one of the
// words above, or why they were refused.
func (h *Webhook) Counts() map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.counts)
}

func (h *Webhook) count(end string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[end]++
}

func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		h.verify(w, r)
	case http.MethodPost:
		h.deliver(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// verify answers the console's check of the URL.
func (h *Webhook) verify(w http.ResponseWriter, r *http.Request) {
	echo, err := h.Envelope.Verify(r, h.Now())
	if err != nil {
		h.refuse(w, err)
		return
	}
	write(w, "text/plain; charset=utf-8", echo)
}

// deliver takes a message in, then acknowledges it.
func (h *Webhook) deliver(w http.ResponseWriter, r *http.Request) {
	now := h.Now()
	plain, err := h.Envelope.Open(r, now)
	if err != nil {
		h.refuse(w, err)
		return
	}
	d, err := parse(plain)
	if err != nil {
		h.fail(endUnreadable)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeWithin)
	defer cancel()
	answer, err := h.take(ctx, d, now)
	if err != nil {
		h.fail(endUnavailable)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.answer(w, d, answer, now)
}

// take stores what the delivery says, and returns what the patient must read at
// once. After an error the platform must deliver again.
func (h *Webhook) take(ctx context.Context, d delivery, now time.Time) ([]bot.Text, error) {
	if h.NoticeResult != nil {
		for _, n := range d.notices() {
			if err := h.NoticeResult(ctx, bot.T(string(d.FromUserName)), string(n.NoticeID), string(n.Status)); err != nil {
				return nil, err
			}
		}
	}
	in, ok := d.inbound(h.Menu)
	if !ok {
		h.count(endNothing)
		return nil, nil
	}
	in.Institution = h.Institution
	if in.SentAt.IsZero() {
		in.SentAt = now
	}
	receipt, err := h.Receive(ctx, in, now)
	if fault, ok := errors.AsType[*bot.Error](err); ok && fault.Kind == bot.KindInvalid {
		h.count(endInvalid)
		return []bot.Text{bot.T(fault.Person)}, nil
	}
	if err != nil {
		return nil, err
	}
	if receipt.Duplicate {
		h.count(endDuplicate)
	} else {
		h.count(endStored)
	}
	return receipt.Urgent, nil
}

// refuse tells whoever sent a callback that is not the platform's nothing.
func (h *Webhook) refuse(w http.ResponseWriter, err error) {
	refusal, _ := errors.AsType[weixin.Refusal](err)
	h.count(string(refusal))
	h.seldom.Do(func() {
		h.Log.Warn("a callback of WeChat was refused", "reason", string(refusal), "institution", string(h.Institution))
	})
	w.WriteHeader(http.StatusForbidden)
}

// fail counts and logs what went wrong with a callback of the platform's own. The
// error itself stays out of the log, as the message does.
func (h *Webhook) fail(end string) {
	h.count(end)
	h.Log.Error("a callback of WeChat failed", "reason", end, "institution", string(h.Institution))
}

func write(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body)
}
