// Package channels says what a channel between patients and Careline must do.
package channels

import (
	"context"
	"fmt"
	"time"

	"careline/bot"
)

// Adapter sends parts of replies into one channel.
type Adapter interface {
	// Name is the channel's name in the vocabulary: "webchat", "wechat", "wecom".
	Name() string
	// Limits are what the channel's messages may hold.
	Limits() Limits
	// Send delivers one part. Its error is a *SendError, or is taken as Unknown.
	Send(ctx context.Context, out bot.Outbound) error
}

// Limits of a channel, as data.
type Limits struct {
	TextBytes int           // largest text of one part in UTF-8; 0: no limit
	Parts     int           // parts of one answer; the rest is behind "full text"
	Window    time.Duration // how long after a patient's message parts may be sent; 0: always
	Budget    int           // parts within the window; 0: no limit
	Marks     bool          // source marks such as [K1] may stand in the text
	// Again: sending a part twice shows it once, so a part whose fate is unknown
	// may be sent again.
	Again bool
}

// SendKind says what to do about a failed send.
type SendKind string

// The kinds of failed sends.
const (
	Retry   SendKind = "retry"   // soon, with back-off
	Later   SendKind = "later"   // at After
	Never   SendKind = "never"   // this part cannot be delivered; tell staff
	Hold    SendKind = "hold"    // park it until the patient writes again
	Unknown SendKind = "unknown" // nobody can tell whether it arrived
)

// SendError is a failed send. Err holds no patient text, openid or secret.
type SendError struct {
	Kind  SendKind
	After time.Duration // for Later
	Err   error
}

func (e *SendError) Error() string { return fmt.Sprintf("send: %s: %v", e.Kind, e.Err) }
func (e *SendError) Unwrap() error { return e.Err }
