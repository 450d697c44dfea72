package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/silenceper/wechat/v2/work/kf"

	"careline/bot"
	"careline/channels/weixin"
)

// largestPage is how many items are asked for at once. The platform allows 1,000,
// which would not fit into the megabyte the client reads.
const largestPage = 100

// page is one answer of sync_msg (document 31078).
type page struct {
	NextCursor string            `json:"next_cursor"`
	HasMore    int               `json:"has_more"`
	Items      []json.RawMessage `json:"msg_list"`
}

// sync reads the page behind the cursor. When no answer comes, the next page is
// asked for smaller, down to one item.
func (p *Puller) sync(ctx context.Context, cursor string) (got page, err error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return got, ctx.Err()
	}
	if p.size == 0 {
		p.size = largestPage
	}
	err = p.Adapter.Account.Client.Post(ctx, "/cgi-bin/kf/sync_msg",
		kf.SyncMsgOptions{Cursor: cursor, Token: p.callbackToken(), Limit: uint(p.size), OpenKfID: p.Adapter.Account.OpenKFID}, &got)
	if _, none := errors.AsType[*weixin.Failure](err); none {
		p.size = max(p.size/2, 1)
	} else {
		p.size = largestPage
	}
	if codeOf(err) == codeMsgToken {
		p.dropToken()
	}
	return got, err
}

// take gives a page's messages and events away in their order. The cursor behind
// the page is stored with its last item, if that is a message, else by itself:
// never before all that stands in front of it.
func (p *Puller) take(ctx context.Context, got page, first bool) error {
	behind := &bot.Cursor{Account: p.Adapter.Account.OpenKFID, Value: got.NextCursor}
	for i, raw := range got.Items {
		in, err := p.read(ctx, raw, first)
		if err != nil {
			return err
		}
		if in == nil {
			continue
		}
		if i == len(got.Items)-1 && !first {
			in.Cursor, behind = behind, nil
		}
		if err := p.store(ctx, *in); err != nil {
			return err
		}
	}
	if behind == nil || first && got.HasMore != 0 {
		return nil
	}
	if err := p.SaveCursor(ctx, *behind); err != nil {
		return fmt.Errorf("wecom: save the cursor: %w", err)
	}
	return nil
}

// store gives one message away. What is refused for what it says (it is too long)
// would be refused for ever and stop everybody behind it; it is stored as one we
// cannot read, and so is answered.
func (p *Puller) store(ctx context.Context, in bot.Inbound) error {
	elsewhere, err := p.Receive(ctx, in, p.Adapter.Now())
	if bot.KindOf(err) == bot.KindInvalid {
		in.Kind, in.Text = bot.MessageOther, bot.Text{}
		elsewhere, err = p.Receive(ctx, in, p.Adapter.Now())
	}
	if err != nil {
		return fmt.Errorf("wecom: a message could not be stored: %w", err)
	}
	if elsewhere {
		p.doubt(in.ExternalID)
	}
	return nil
}

// read is the message an item holds, nil if it holds none for us. When an account
// is read for the first time the platform hands out three days: what is old is
// history, which somebody else has answered. That first reading is one piece, whose
// cursor is stored at its end.
func (p *Puller) read(ctx context.Context, raw json.RawMessage, first bool) (*bot.Inbound, error) {
	it, err := readItem(raw)
	switch {
	case err != nil || it.MsgID == "":
		p.Log.Warn("an item of WeCom cannot be read", "institution", p.Adapter.Account.Institution)
		return nil, nil
	case first && p.Adapter.Now().Sub(it.at()) > historyReach:
		return nil, nil
	case it.MsgType == "event":
		return p.happened(ctx, it)
	case it.External == "":
		return nil, nil
	case it.Origin == fromServicer:
		return nil, p.answered(ctx, bot.T(it.External))
	case it.Origin != fromPatient:
		return nil, nil
	}
	in := p.Adapter.Account.inbound(it)
	return &in, nil
}

// answered records that a servicer has written: the conversation is theirs, and the
// patient has an answer.
func (p *Puller) answered(ctx context.Context, external bot.Text) error {
	if err := p.Adapter.Elsewhere(ctx, external, true); err != nil {
		return fmt.Errorf("wecom: record that a servicer has the session: %w", err)
	}
	if err := p.Replied(ctx, external); err != nil {
		return fmt.Errorf("wecom: record a servicer's answer: %w", err)
	}
	return nil
}

func (p *Puller) doubt(external bot.Text) {
	if p.inDoubt == nil {
		p.inDoubt = map[bot.Text]bool{}
	}
	p.inDoubt[external] = true
}
