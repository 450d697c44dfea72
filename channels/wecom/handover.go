package wecom

import (
	"context"
	"fmt"

	"careline/bot"
)

// HandOver gives a session to a servicer (the userid of a member who is on duty in
// the WeCom app), or with none to the pool, where one of them takes it. From then
// on the assistant is silent.
func (a *Adapter) HandOver(ctx context.Context, external bot.Text, servicer string) error {
	to := statePool
	if servicer != "" {
		to = stateServicer
	}
	if err := a.change(ctx, external, to, servicer); err != nil {
		return handOverError(err)
	}
	return a.Elsewhere(ctx, external, true)
}

// TakeBack ends the servicer's session. The assistant may write again as soon as
// the patient does.
func (a *Adapter) TakeBack(ctx context.Context, external bot.Text) error {
	if err := a.change(ctx, external, stateEnded, ""); err != nil && codeOf(err) != codeSessionEnded {
		return handOverError(err)
	}
	return a.Elsewhere(ctx, external, false)
}

func handOverError(err error) error {
	switch codeOf(err) {
	case codeSessionEnded:
		return bot.Errorf(bot.KindConflict, "这次会话已经结束，患者再来消息后才能转接。 The session has ended; it can be handed over when the patient writes again.", "wecom: hand-over: %w", err)
	case codeNotAServicer:
		return bot.Errorf(bot.KindInvalid, "这位成员不在接待，或没有激活企业微信。 This member is not on duty in WeCom, or has not activated it.", "wecom: hand-over: %w", err)
	}
	return bot.Errorf(bot.KindUnavailable, "现在不能转接，请稍后再试。 The session cannot be handed over now; try again.", "wecom: hand-over: %w", err)
}

// refresh asks the platform whether a person still has a session that our records
// say is elsewhere. A session that ran out after 48 hours tells nobody; without
// this the assistant would stay silent for ever.
func (a *Adapter) refresh(ctx context.Context, external bot.Text) error {
	s, err := a.state(ctx, external)
	if err != nil {
		return fmt.Errorf("wecom: who has a session: %w", err)
	}
	if s.human() {
		return nil
	}
	return a.Elsewhere(ctx, external, false)
}
