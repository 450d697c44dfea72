package wecom

import (
	"context"

	"github.com/silenceper/wechat/v2/work/kf"

	"careline/bot"
)

// state is who has a session (document 94669). From the pool and from a servicer no
// way leads back to the assistant: the session ends, and the patient's next message
// begins a new one.
type state int

const (
	stateNew       state = iota // the patient wrote, nobody has the session yet
	stateAssistant              // we answer
	statePool                   // it waits for a servicer
	stateServicer               // a servicer answers in the WeCom app
	stateEnded                  // ended, or not begun: nothing may be sent
)

// human reports whether a person has the session, or is about to.
func (s state) human() bool { return s == statePool || s == stateServicer }

func (a *Adapter) state(ctx context.Context, external bot.Text) (state, error) {
	var answer struct {
		State state `json:"service_state"`
	}
	err := a.Account.Client.Post(ctx, "/cgi-bin/kf/service_state/get",
		kf.ServiceStateGetOptions{OpenKFID: a.Account.OpenKFID, ExternalUserID: external.Plain()}, &answer)
	return answer.State, err
}

// change moves a session and keeps the code that lets one text follow it.
func (a *Adapter) change(ctx context.Context, external bot.Text, to state, servicer string) error {
	var answer struct {
		Code string `json:"msg_code"`
	}
	err := a.Account.Client.Post(ctx, "/cgi-bin/kf/service_state/trans", kf.ServiceStateTransOptions{
		OpenKFID: a.Account.OpenKFID, ExternalUserID: external.Plain(), ServiceState: int(to), ServicerUserID: servicer,
	}, &answer)
	if err == nil && to.human() {
		a.codes.put(inService, external.Plain(), answer.Code, a.Now())
	}
	return err
}
