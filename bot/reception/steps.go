package reception

import (
	"context"
	"fmt"
	"slices"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
)

// stepOpen is how long a step waits for its answer; later an answer is a message
// like any other.
const stepOpen = 24 * time.Hour

func (v *visit) open() bool { return v.now.Sub(v.pending.At) < stepOpen }

// stepNotices are the texts of where an account stands.
var stepNotices = map[store.Step]string{
	store.StepRelation: "bind-relation", store.StepFactor: "bind-factor", store.StepConsent: "consent-ask", store.StepDone: "bind-done",
	store.StepDeclined: "bind-declined", store.StepRequested: "bind-requested", store.StepUnasked: "bind-unasked", store.StepCancelled: "bind-cancelled",
	store.StepWhich: "unbind-which", store.StepConfirm: "unbind-confirm", store.StepUnbound: "unbind-done",
}

// stands says where the account stands.
func (v *visit) stands() (bot.Text, error) {
	p := v.pending
	if refusal := p.Refusal(v.turn.Conversation.Account); refusal != nil {
		return bot.T(refusal.Person), nil
	}
	slots := guard.NoticeSlots{Relations: []bot.Relation{p.Relation}, People: v.turn.Bindings, Current: p.Patient, Follows: p.Patient != 0}
	if p.Step == store.StepConsent {
		slots.Lines = v.consent.lines(v.language)
	}
	text, err := v.Guard.Notice(stepNotices[p.Step], v.language, slots)
	if err != nil {
		return text, fmt.Errorf("reception: step %s: %w", p.Step, err)
	}
	return text, nil
}

// answered takes an answer to the step that is open. A message that was taken
// before, by a turn whose decision was lost, is not taken again: where it led to
// is said.
func (v *visit) answered(ctx context.Context, m bot.TurnMessage, h heard) (bool, error) {
	if v.pending.Step == "" || m.Seq < v.pending.Seq && !h.settles() {
		return false, nil
	}
	if m.Seq <= v.pending.Seq {
		v.step = true
		return true, nil
	}
	if !v.open() {
		return false, nil
	}
	switch v.pending.Step {
	case store.StepRelation, store.StepFactor, store.StepRefused, store.StepBlocked:
		return v.binding(ctx, m, h)
	case store.StepConsent:
		return v.consenting(ctx, m, h)
	case store.StepWhich, store.StepConfirm:
		return v.unbinding(ctx, m, h)
	}
	return false, nil
}

// binding takes the relation, which may be corrected while the second factor is
// waited for, and the second factor.
func (v *visit) binding(ctx context.Context, m bot.TurnMessage, h heard) (bool, error) {
	next := v.pending
	switch {
	case h.answer == "cancel":
		next.Step = store.StepCancelled
	case h.relation != "":
		next.Step, next.Relation = store.StepFactor, h.relation
	case h.factor != "" && v.pending.Step != store.StepRelation:
		return v.took(v.Store.TryFactor(ctx, v.turn.Conversation.Institution, v.turn.Conversation.Account, h.factor, m.Seq, v.now))
	case h.factor != "" || h.digits || h.number != 0:
		// Not what was asked for, and no question either.
		v.step = true
		return true, nil
	default:
		return false, nil
	}
	return v.advance(ctx, m, next)
}

func (v *visit) consenting(ctx context.Context, m bot.TurnMessage, h heard) (bool, error) {
	purposes, chosen := v.consent.numbered(h.word)
	switch {
	case h.answer == "agree":
		purposes = v.consent.all()
	case h.answer == "disagree" || h.answer == "cancel":
		purposes = nil
	case !chosen:
		return false, nil
	}
	settled, err := v.took(v.Store.AnswerConsent(ctx, v.turn.Conversation.Institution, v.turn.Conversation.Account, purposes, v.consent.Version, m.Seq, v.now))
	v.turn.Consented = v.turn.Consented || slices.Contains(purposes, bot.PurposeReadReports)
	v.turn.ModelAgreed = v.turn.ModelAgreed || slices.Contains(purposes, bot.PurposeExternalModel)
	return settled, err
}

// unbinding takes whom, by number or relation, and the confirmation.
func (v *visit) unbinding(ctx context.Context, m bot.TurnMessage, h heard) (bool, error) {
	next := v.pending
	switch {
	case h.answer == "cancel":
		next.Step = store.StepCancelled
	case next.Step == store.StepConfirm && h.answer == "confirm":
		settled, err := v.took(v.Store.EndBinding(ctx, v.turn.Conversation.Institution, v.turn.Conversation.Account, m.Seq, v.now))
		v.unbound(v.pending.Patient)
		return settled, err
	case next.Step == store.StepWhich && h.number > 0 && h.number <= len(v.turn.Bindings):
		next.Step, next.Patient = store.StepConfirm, v.turn.Bindings[h.number-1].Patient
	default:
		return false, nil
	}
	return v.advance(ctx, m, next)
}

// unbound takes a patient out of what the rest of this turn may read.
func (v *visit) unbound(patient bot.PatientID) {
	v.turn.Bindings = slices.DeleteFunc(slices.Clone(v.turn.Bindings), func(b bot.Binding) bool { return b.Patient == patient })
}

// advance brings the account to a step by this message.
func (v *visit) advance(ctx context.Context, m bot.TurnMessage, next store.Pending) (bool, error) {
	next.Seq = m.Seq
	return v.took(v.Store.Advance(ctx, v.turn.Conversation.Institution, v.turn.Conversation.Account, next, v.now))
}

func (v *visit) took(p store.Pending, err error) (bool, error) {
	v.pending, v.step = p, true
	return true, err
}
