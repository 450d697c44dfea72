package wechat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/officialaccount/customerservice"

	"careline/bot"
	"careline/channels"
	"careline/channels/weixin"
)

// Name is the channel's name in the vocabulary.
const Name = "wechat"

const (
	textBytes    = 1900 // of a part; the rest of a message is for the label and the lines below a text
	messageBytes = 2048 // of a whole message; the platform answers 45002 beyond
	mediaBytes   = 10 << 20
	pace         = 500 * time.Millisecond
)

// Config is what the official account's sending side needs.
type Config struct {
	Client  *weixin.Client
	AIFlag  bool                          // also set the platform's own mark of AI messages
	Choices bool                          // the last part of an answer offers choices to tap
	FullURL func(out bot.Outbound) string // where the whole answer is read; nil: no link
	Notice  Notice                        // how people hear of a new report
}

// Adapter sends into one official account.
type Adapter struct {
	Config
	words   map[bot.Language]words
	errors  errorTable
	sending pause // of customer-service messages
	telling pause // of notices
	defects atomic.Int64
}

// New checks the configuration. Its error is of kind invalid.
func New(c Config) (*Adapter, error) {
	if c.Client == nil {
		return nil, errors.New("wechat: adapter without a client")
	}
	if err := c.Notice.validate(); err != nil {
		return nil, err
	}
	w, err := readWords()
	if err != nil {
		return nil, err
	}
	table, err := readErrors()
	if err != nil {
		return nil, err
	}
	return &Adapter{Config: c, words: w, errors: table}, nil
}

// Name is "wechat".
func (a *Adapter) Name() string { return Name }

// Limits are the platform's rules for customer-service messages: five in 48 hours
// after somebody writes, three in one minute after a tap, a follow or a scan. Of
// the five, two stay for staff and one more for a danger; of the three, one for a
// danger.
func (a *Adapter) Limits() channels.Limits {
	return channels.Limits{
		TextBytes: textBytes, Parts: 2, Pace: pace, MediaBytes: mediaBytes,
		Windows: []bot.Window{
			{Opening: bot.OpenedByWriting, For: 48 * time.Hour, Messages: 5, ForStaff: 2, ForSafety: 1},
			{Opening: bot.OpenedByTapping, For: time.Minute, Messages: 3, ForSafety: 1},
		},
	}
}

// Oversized counts the messages the platform called too long. Each is a defect of
// ours: the limits are there to make it impossible.
func (a *Adapter) Oversized() int64 { return a.defects.Load() }

// Send delivers one part as a customer-service message.
func (a *Adapter) Send(ctx context.Context, out bot.Outbound) error {
	text := out.Text.Plain()
	switch {
	case strings.TrimSpace(text) == "" || !utf8.ValidString(text):
		return &channels.SendError{Kind: channels.Never, Err: errors.New("wechat: part is empty or not text")}
	case len(text) > textBytes:
		return &channels.SendError{Kind: channels.Never, Err: errors.New("wechat: part is longer than the channel's limit")}
	}
	if err := a.sending.check(out.Urgent); err != nil {
		return err
	}
	err := a.post(ctx, a.compose(out))
	if e, ok := errors.AsType[*weixin.Error](err); ok && e.Code == codeTooLong {
		a.defects.Add(1)
		err = a.sendHalves(ctx, out)
	}
	return a.sending.after(a.errors.sendError(err))
}

// sendHalves sends a text the platform called too long as two messages. When only
// the first arrives the part's fate is unknown: sent again it would be shown twice.
func (a *Adapter) sendHalves(ctx context.Context, out bot.Outbound) error {
	halves := channels.Split(out.Text.Plain(), len(out.Text.Plain())*2/3)
	for i, half := range halves {
		piece := out
		piece.Text = bot.T(half)
		last := i == len(halves)-1
		piece.More, piece.Full, piece.Last = out.More && last, out.Full && last, out.Last && last
		if i > 0 {
			if err := wait(ctx, pace); err != nil {
				return &channels.SendError{Kind: channels.Unknown, Err: fmt.Errorf("wechat: only part of a text was sent: %w", err)}
			}
		}
		err := a.post(ctx, a.compose(piece))
		if err != nil && i > 0 {
			return &channels.SendError{Kind: channels.Unknown, Err: fmt.Errorf("wechat: only part of a text was sent: %w", err)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *Adapter) post(ctx context.Context, m customMessage) error {
	return a.Client.Post(ctx, "/cgi-bin/message/custom/send", m, nil)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Typing shows for some seconds that an answer is being written. That it is shown
// already, or too late, is no error.
func (a *Adapter) Typing(ctx context.Context, external bot.Text) error {
	body := struct {
		To      string                       `json:"touser"`
		Command customerservice.TypingStatus `json:"command"`
	}{external.Plain(), customerservice.Typing}
	err := a.Client.Post(ctx, "/cgi-bin/message/custom/typing", body, nil)
	if e, ok := errors.AsType[*weixin.Error](err); ok && (e.Code == 45080 || e.Code == 45081) {
		return nil
	}
	return err
}
