package webchat

import (
	"context"
	"errors"
	"unicode/utf8"

	"careline/bot"
	"careline/channels"
)

// Adapter is the channel's sending side. A web page reads its messages from the
// conversation's timeline, so a part has arrived when the store has marked it
// sent; nothing leaves the machine here.
type Adapter struct{}

// Name is "webchat".
func (Adapter) Name() string { return Name }

// Limits of a page: it scrolls, and shows sources behind "see the evidence", so
// source marks are not shown in the text.
func (Adapter) Limits() channels.Limits { return channels.Limits{TextBytes: 16 << 10, Parts: 3} }

// Send checks what the page could not show; the rest is the store's.
func (a Adapter) Send(ctx context.Context, out bot.Outbound) error {
	text := out.Text.Plain()
	switch {
	case ctx.Err() != nil:
		return &channels.SendError{Kind: channels.Retry, Err: ctx.Err()}
	case text == "" || !utf8.ValidString(text):
		return &channels.SendError{Kind: channels.Never, Err: errors.New("webchat: part is empty or not text")}
	case len(text) > a.Limits().TextBytes:
		return &channels.SendError{Kind: channels.Never, Err: errors.New("webchat: part is longer than the channel's limit")}
	}
	return nil
}
