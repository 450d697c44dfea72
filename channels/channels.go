// Package channels says what a channel between patients and Careline must do.
package channels

import (
	"context"
	"fmt"
	"io"
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

// Typist is an Adapter that can show that an answer is being written.
type Typist interface {
	// Typing is a courtesy: its error is of no consequence.
	Typing(ctx context.Context, external bot.Text) error
}

// Notifier is an Adapter that can tell somebody outside a conversation that a new
// report is there.
type Notifier interface {
	// ReportReady says that there is a report, never what is in it. Its error is a
	// *SendError, or is taken as Unknown. ref names the message to the channel.
	ReportReady(ctx context.Context, external bot.Text, n ReportNotice) (ref string, err error)
}

// ReportNotice is all that a notice may say.
type ReportNotice struct {
	Institution string    // as patients know it
	ReportedAt  time.Time // in the institution's zone
	Language    bot.Language
}

// Library is an Adapter whose patients send pictures and voice.
type Library interface {
	// Fetch opens what a message's media id stands for; at most limit bytes come.
	// What is gone (ids live for days) is a *SendError of kind Never.
	Fetch(ctx context.Context, media string, limit int64) (io.ReadCloser, error)
}

// Limits of a channel, as data.
type Limits struct {
	TextBytes  int           // largest text of one part in UTF-8, without the channel's label; 0: no limit
	Parts      int           // parts of one answer sent at once; the rest waits for the next message; 0: all
	Windows    []bot.Window  // when and how much may be sent; none: always
	Pace       time.Duration // between two parts of a conversation
	MediaBytes int64         // largest picture or voice that is fetched; 0: the channel has none
	Marks      bool          // source marks such as [K1] may stand in the text
	// Again: sending a part twice shows it once, so a part whose fate is unknown
	// may be sent again.
	Again bool
}

// SendKind says what to do about a failed send.
type SendKind string

// The kinds of failed sends.
const (
	Retry   SendKind = "retry"   // soon, with back-off
	Later   SendKind = "later"   // after After
	Never   SendKind = "never"   // this part cannot be delivered; tell staff
	Hold    SendKind = "hold"    // park it until the patient writes again
	Unknown SendKind = "unknown" // nobody can tell whether it arrived
)

// SendError is a failed send. Err holds no patient text, openid or secret.
type SendError struct {
	Kind     SendKind
	After    time.Duration // for Later
	Closed   bool          // with Hold: the channel says the window is closed altogether
	Operator bool          // the operator must act: the configuration or a quota is at fault
	Err      error
}

func (e *SendError) Error() string { return fmt.Sprintf("send: %s: %v", e.Kind, e.Err) }
func (e *SendError) Unwrap() error { return e.Err }
