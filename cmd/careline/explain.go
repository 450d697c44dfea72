package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
)

type explainCmd struct {
	Message string `arg:"" help:"The outbound message: its id, or CONVERSATION:NUMBER as the conversation counts."`
	JSON    bool   `help:"Print one JSON object." name:"json"`
}

// Run prints the record of a message and reviews its text again; a text that is
// not the released one, or that would not pass today, is exit code 1. That somebody
// looked is recorded.
func (c explainCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, inst, err := g.openAt(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	if a.guard, err = guard.Load(); err != nil {
		return err
	}
	message, err := a.outboundMessage(ctx, inst, c.Message)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	record, err := a.store.Record(ctx, inst.ID, bot.Actor{Kind: "operator"}, message, now)
	if err != nil {
		return err
	}
	spent, err := a.store.SpentToday(ctx, inst.ID, now)
	if err != nil {
		return err
	}
	e := explained{Record: record, again: reviewAgain(a.guard, record), spent: spent, zone: inst.Location()}
	if c.JSON {
		encoder := json.NewEncoder(io.out)
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(e.json())
	} else {
		err = e.print(io.out)
	}
	if err != nil {
		return err
	}
	return e.verdict()
}

// outboundMessage reads a reference to an outbound message.
func (a *app) outboundMessage(ctx context.Context, inst bot.Institution, reference string) (bot.MessageID, error) {
	conversation, number, both := strings.Cut(reference, ":")
	first, err := strconv.ParseInt(conversation, 10, 64)
	if err == nil && !both {
		return bot.MessageID(first), nil
	}
	second, err2 := strconv.ParseInt(number, 10, 64)
	if err != nil || err2 != nil {
		return 0, bot.Errorf(bot.KindInvalid, "Name the message by its id, or as CONVERSATION:NUMBER.", "explain: no message reference")
	}
	return a.store.FindMessage(ctx, inst.ID, bot.ConversationID(first), second)
}

// reviewed is what a second review of a message came to.
type reviewed string

// Only what the assistant wrote is reviewed again: templates are reviewed as
// files, a person's words by the person.
const (
	passesAgain reviewed = "passes again"
	failsNow    reviewed = "fails now"
	notReviewed reviewed = "not reviewed again"
)

// again is a second review of a stored text, and why there was none.
type again struct {
	came       reviewed
	why        string
	violations []bot.Violation
}

// reviewAgain reviews the text as it stands in the outbox, and the longer text
// behind it, with the stored evidence.
func reviewAgain(g *guard.Guard, r store.Record) again {
	d := r.Decision
	switch {
	case r.Author == bot.AuthorSystem:
		return again{came: notReviewed, why: "a reviewed template of the system"}
	case r.Author == bot.AuthorStaff:
		return again{came: notReviewed, why: "a person wrote it"}
	case r.Decided == 0 || d.Evidence.Now.IsZero():
		return again{came: notReviewed, why: "its record is from before records were whole"}
	}
	draft := guard.Draft{
		Text: r.Text.Plain(), Language: d.Language, Title: d.Reviewed.Title, Cited: d.Cited, Level: d.Reviewed.Level, Tier: d.Reviewed.Tier,
		Question: r.Question, CaseCommitted: d.Reviewed.CaseCommitted, Channel: guard.ChannelLimits{MaxBytes: d.Reviewed.MaxBytes, Marks: d.Reviewed.Marks},
	}
	violations := g.Review(draft, d.Evidence)
	if draft.Text = d.Full.Plain(); draft.Text != "" {
		// The longer text is a page of its own: no channel limits it.
		draft.Channel.MaxBytes = 0
		violations = append(violations, g.Review(draft, d.Evidence)...)
	}
	if len(violations) > 0 {
		return again{came: failsNow, violations: violations}
	}
	return again{came: passesAgain}
}

// explained is a record with what was found when it was looked at.
type explained struct {
	store.Record
	again again
	spent bot.Usage
	zone  *time.Location
}

// unchanged reports whether the stored text is the one that was queued and released.
func (e explained) unchanged() bool { return e.Hash == bot.HashOf(e.Text) && e.ReleasedAs != "" }

func (e explained) verdict() error {
	if !e.unchanged() {
		return bot.Errorf(bot.KindConflict, "The stored text is not one that was released.", "explain: message %d is not as it was released", e.Message)
	}
	if e.again.came == failsNow {
		return bot.Errorf(bot.KindConflict, "The text does not pass the review today.", "explain: message %d fails %s", e.Message, e.again.violations[0].Check)
	}
	return nil
}

// print writes the record for a person, what failed with its place and reason.
func (e explained) print(out io.Writer) error {
	p := &printer{out: out}
	d := e.Decision
	p.line("Message %d of conversation %d, part %d: %s, %s", e.Message, e.Conversation, e.Part, e.Author, e.Delivery)
	if e.Error != "" {
		p.line("  %s", e.Error)
	}
	if e.Decided != 0 {
		p.line("Decision %d: %s, level %s, tier %s, rule %s, verdict %s, %s", e.Decided, d.Kind, d.Level, d.Tier, orDash(ruleOf(d)), d.Verdict, d.DecidedAt.In(e.zone).Format(time.DateTime))
		p.line("Written by: %s", writer(d))
		p.line("Tokens: %d calls, %d read, %d written, %d ms; today %d calls, %d tokens", d.Usage.Calls, d.Usage.PromptTokens, d.Usage.CompletionTokens, d.Usage.TookMS, e.spent.Calls, e.spent.Tokens())
	}
	p.facts(d.Evidence.Facts)
	p.passages(d.Evidence.Passages)
	for i, a := range d.Attempts {
		p.line("Draft %d by %s, %d bytes:", i+1, a.Writer, len(a.Draft.Plain()))
		p.violations(a.Violations)
	}
	p.line("SHA-256 %x", e.Hash)
	if e.unchanged() {
		p.line("  the stored text is the one released as %s", e.ReleasedAs)
	} else {
		p.line("  the stored text is NOT one that was released")
	}
	p.line("Review: %s", strings.TrimSuffix(string(e.again.came)+": "+e.again.why, ": "))
	p.violations(e.again.violations)
	return p.err
}

func ruleOf(d bot.Decision) string {
	if d.Trigger == nil {
		return ""
	}
	return d.Trigger.Rule
}

func writer(d bot.Decision) string {
	if d.Model == "" {
		return "code, without a model"
	}
	return fmt.Sprintf("model %s, prompt %s", d.Model, orDash(d.Prompt))
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
