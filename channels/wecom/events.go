package wecom

import (
	"context"
	"fmt"

	"careline/bot"
)

// event is what the platform tells besides messages (document 31078). The ids that
// messages carry outside stand inside here.
type event struct {
	Type        string `json:"event_type"`
	External    string `json:"external_userid"`
	SceneParam  string `json:"scene_param"`  // what our link or QR code carried
	WelcomeCode string `json:"welcome_code"` // lets one greeting leave within 20 s
	FailMsgID   string `json:"fail_msgid"`
	FailType    int    `json:"fail_type"`
	ChangeType  int    `json:"change_type"`
	MsgCode     string `json:"msg_code"` // lets one text follow the change
}

// How a servicer changed a session in the WeCom app. Changes through the interface
// are not told.
const (
	tookFromPool = 1
	tookOver     = 2
	ended        = 3
	reopened     = 4
)

// failures are the reasons of a msg_send_fail event.
var failures = map[int]string{
	0: "unknown", 1: "the account was deleted", 2: "the application is closed", 4: "48 hours are over", 5: "the session is closed",
	6: "more than five messages", 8: "the company is not verified", 10: "the patient refuses messages",
	11: "no member of the company uses the WeCom app", 12: "a forbidden kind of message", 13: "a safety restriction",
}

// happened acts on an event. What a patient did becomes a message. A recalled
// message stays: what it said about a danger was said, and records are kept.
func (p *Puller) happened(ctx context.Context, it item) (in *bot.Inbound, err error) {
	body, ok := read[struct {
		Event event `json:"event"`
	}](it)
	e := body.Event
	if !ok || e.External == "" {
		return nil, nil
	}
	switch e.Type {
	case "enter_session":
		return p.entered(it, e), nil
	case "msg_send_fail":
		return nil, p.failed(ctx, e)
	case "session_status_change":
		return nil, p.changed(ctx, it, e)
	}
	return nil, nil
}

// entered is a message when there is something to answer: a code of ours in the
// link, or a greeting that may leave. Every other opening of the chat is silence.
func (p *Puller) entered(it item, e event) *bot.Inbound {
	if e.SceneParam == "" && e.WelcomeCode == "" {
		return nil
	}
	in := &bot.Inbound{
		Institution: p.Adapter.Account.Institution, Channel: Name, ExternalID: bot.T(e.External), ProviderID: it.MsgID,
		Kind: bot.MessageScan, Scene: bot.T(clean(e.SceneParam)), SentAt: it.at(),
	}
	if e.WelcomeCode != "" {
		in.Kind, in.Opens = bot.MessageFollow, bot.OpenedByTapping
		p.Adapter.codes.put(entering, e.External, e.WelcomeCode, in.SentAt)
	}
	return in
}

// changed records who answers the patient from now on.
func (p *Puller) changed(ctx context.Context, it item, e event) error {
	switch e.ChangeType {
	case tookFromPool, tookOver, reopened:
		p.Adapter.codes.put(inService, e.External, e.MsgCode, it.at())
		return p.Adapter.Elsewhere(ctx, bot.T(e.External), true)
	case ended:
		return p.Adapter.Elsewhere(ctx, bot.T(e.External), false)
	}
	return nil
}

// failed reports a part that the platform took and could not deliver. Messages of
// other programs on the same account are theirs.
func (p *Puller) failed(ctx context.Context, e event) error {
	part, ok := partOf(e.FailMsgID)
	if !ok {
		return nil
	}
	why, known := failures[e.FailType]
	if !known {
		why = fmt.Sprintf("fail_type %d", e.FailType)
	}
	return p.Failed(ctx, part, why)
}
