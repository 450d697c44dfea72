package wecom

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/work/kf/sendmsg"
	"github.com/silenceper/wechat/v2/work/kf/sendmsgonevent"

	"careline/bot"
	"careline/channels"
)

const (
	textBytes  = 1900 // of a part; a message holds 2,048, and the label and a last line come too
	mediaBytes = 10 << 20
	pace       = 500 * time.Millisecond
)

// Config is what the sending side of an account needs.
type Config struct {
	Account Account
	// Elsewhere is told when a person begins or ends to answer a patient in the
	// WeCom app.
	Elsewhere func(ctx context.Context, external bot.Text, elsewhere bool) error
	Now       func() time.Time
}

// Adapter sends into one customer-service account.
type Adapter struct {
	Config
	words map[bot.Language]words
	codes codes
}

// New reads the words that stand below a text.
func New(c Config) (*Adapter, error) {
	w, err := readWords()
	if err != nil {
		return nil, err
	}
	return &Adapter{Config: c, words: w}, nil
}

// Name is "wecom".
func (a *Adapter) Name() string { return Name }

// Limits are the platform's: five messages in 48 hours after the patient writes,
// and one greeting within 20 s after the chat was opened. Again is false although a
// part is never shown twice: the platform refuses a msgid that was used (document
// 96427), but no document says with which code, so that what is refused for this
// cannot be told from what is refused for another reason.
func (a *Adapter) Limits() channels.Limits {
	return channels.Limits{
		TextBytes: textBytes, Parts: 2, Pace: pace, MediaBytes: mediaBytes,
		Windows: []bot.Window{
			{Opening: bot.OpenedByWriting, For: 48 * time.Hour, Messages: 5, ForStaff: 2, ForSafety: 1},
			{Opening: bot.OpenedByTapping, For: lives[entering], Messages: 1},
		},
	}
}

// Send delivers one part.
func (a *Adapter) Send(ctx context.Context, out bot.Outbound) error {
	text := out.Text.Plain()
	switch {
	case text == "" || !utf8.ValidString(text):
		return &channels.SendError{Kind: channels.Never, Err: errors.New("wecom: part is empty or not text")}
	case len(text) > textBytes:
		return &channels.SendError{Kind: channels.Never, Err: errors.New("wecom: part is longer than the channel's limit")}
	}
	if sent, err := a.onEvent(ctx, entering, out); sent || err != nil {
		return err
	}
	s, err := a.state(ctx, out.ExternalID)
	if err != nil {
		return repeatable(err)
	}
	if s.human() {
		return a.toHuman(ctx, out)
	}
	if s == stateNew {
		// Without this the platform may give the session to a servicer who is on duty.
		// Where it refuses, the send itself says why.
		if err := a.change(ctx, out.ExternalID, stateAssistant, ""); err != nil && codeOf(err) == 0 {
			return repeatable(err)
		}
	}
	return a.sendText(ctx, out)
}

func (a *Adapter) sendText(ctx context.Context, out bot.Outbound) error {
	err := a.sendMsg(ctx, out, msgid(out.ID))
	switch code := codeOf(err); {
	case err == nil:
		return nil
	case code == codeState:
		return a.refusedByState(ctx, out, err)
	case mayBeUsed(code):
		return a.usedBefore(ctx, out, err)
	}
	return repeatable(err)
}

func (a *Adapter) sendMsg(ctx context.Context, out bot.Outbound, id string) error {
	m := sendmsg.Text{Message: sendmsg.Message{ToUser: out.ExternalID.Plain(), OpenKFID: a.Account.OpenKFID, MsgID: id}, MsgType: "text"}
	m.Text.Content = a.compose(out)
	return a.Account.Client.Post(ctx, "/cgi-bin/kf/send_msg", m, nil)
}

// refusedByState finds out whether a person has taken the session meanwhile, or it
// has ended.
func (a *Adapter) refusedByState(ctx context.Context, out bot.Outbound, refused error) error {
	s, err := a.state(ctx, out.ExternalID)
	if err != nil {
		return repeatable(err)
	}
	if s.human() {
		return a.toHuman(ctx, out)
	}
	e := sendError(refused)
	e.Closed = true
	return e
}

// usedBefore is for a refusal that may mean that the msgid was used, for which no
// document names the code. After an attempt of ours the part may have arrived. At
// the first attempt the msgid is that of a database before this one, and the part
// leaves without.
func (a *Adapter) usedBefore(ctx context.Context, out bot.Outbound, refused error) error {
	if out.Attempts > 1 {
		return &channels.SendError{Kind: channels.Unknown, Err: fmt.Errorf("%w: perhaps it was sent before", refused)}
	}
	if err := a.sendMsg(ctx, out, ""); err != nil {
		return sendError(err)
	}
	return nil
}

// toHuman holds a part that meets a servicer's session. The text of an emergency
// leaves all the same, if the platform gave a code for one text.
func (a *Adapter) toHuman(ctx context.Context, out bot.Outbound) error {
	if err := a.Elsewhere(ctx, out.ExternalID, true); err != nil {
		return &channels.SendError{Kind: channels.Retry, Err: fmt.Errorf("wecom: record that a servicer has the session: %w", err)}
	}
	if out.Urgent {
		if sent, err := a.onEvent(ctx, inService, out); sent || err != nil {
			return err
		}
	}
	return &channels.SendError{Kind: channels.Hold, Err: errors.New("wecom: a servicer has the session")}
}

// onEvent sends with the code of an occasion, if there is one. Where the platform
// refuses it, nothing was sent.
func (a *Adapter) onEvent(ctx context.Context, o occasion, out bot.Outbound) (sent bool, err error) {
	code := a.codes.take(o, out.ExternalID.Plain(), a.Now())
	if code == "" {
		return false, nil
	}
	m := sendmsgonevent.Text{Message: sendmsgonevent.Message{Code: code, MsgID: msgid(out.ID)}, MsgType: "text"}
	m.Text.Content = a.compose(out)
	err = a.Account.Client.Post(ctx, "/cgi-bin/kf/send_msg_on_event", m, nil)
	if err != nil && codeOf(err) != 0 {
		return false, nil
	}
	if err != nil {
		return false, repeatable(err)
	}
	return true, nil
}
