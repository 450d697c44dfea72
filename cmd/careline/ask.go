package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/store"
)

type askCmd struct {
	Patient  string   `required:"" help:"The patient: our id, or an identifier printed on the report."`
	JSON     bool     `help:"Print one JSON object instead of text." name:"json"`
	Question []string `arg:"" help:"The question, in Chinese or English."`
}

// Run asks one question as the operator: audited, and without the patient's
// consent, since nothing leaves the institution.
func (c askCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, err := g.answering(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	asked, err := a.operatorThread(ctx, g, c.Patient)
	if err != nil {
		return err
	}
	started := time.Now()
	decision, err := a.ask(ctx, asked, strings.Join(c.Question, " "))
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(io.out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(asJSON(decision, time.Since(started)))
	}
	printAnswer(io, plainStyle(), decision)
	return nil
}

// thread is the operator's conversation about one patient.
type thread struct {
	institution  bot.Institution
	conversation bot.Conversation
}

// operatorThread opens the terminal's conversation about the patient named by
// our id or by a printed identifier.
func (a *app) operatorThread(ctx context.Context, g *global, patient string) (thread, error) {
	inst, err := a.institution(ctx, g)
	if err != nil {
		return thread{}, err
	}
	id, err := a.store.FindPatient(ctx, inst.ID, patient)
	if err != nil {
		return thread{}, err
	}
	conversation, err := a.store.OperatorConversation(ctx, inst.ID, id, time.Now().UTC())
	return thread{institution: inst, conversation: conversation}, err
}

// ask takes one question through the path a patient's message takes: inbox,
// turn, review, outbox.
func (a *app) ask(ctx context.Context, t thread, question string) (bot.Decision, error) {
	now := time.Now().UTC()
	received, err := a.inbox.Receive(ctx, bot.Inbound{
		Institution: t.institution.ID, Channel: t.conversation.Channel, ExternalID: store.OperatorExternal(t.conversation.Patient),
		ProviderID: uuid.NewString(), Kind: "text", Text: bot.T(question), SentAt: now,
	}, now)
	if err != nil {
		return bot.Decision{}, err
	}
	decision, err := jobs.AnswerNow(ctx, a.store, a.engine, t.institution.ID, received.Conversation.ID, now)
	if err != nil {
		return bot.Decision{}, fmt.Errorf("answer conversation %d: %w", received.Conversation.ID, err)
	}
	return decision, nil
}
