// Package reception is what is said in a chat before a message is a question:
// welcome, binding step by step, consent, the menu. It stands where a channel has
// no pages of its own, behind triage and in front of the engine.
package reception

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
)

// Decider takes a turn to a decision; *turn.Engine and *Desk are such.
type Decider interface {
	Decide(ctx context.Context, t *bot.Turn, now time.Time) (bot.Decision, error)
}

// Config is what a Desk needs.
type Config struct {
	Store *store.Store
	Guard *guard.Guard
	Next  Decider // who answers questions
	// Channels are those without pages of their own. Turns of others pass through, but
	// for a patient's answer to somebody who wants to read: that was asked in the chat.
	Channels []string
	// Model is the language model outside the institution, nil if none: consent names it.
	Model *ExternalModel
}

// Desk decides turns. It is safe for concurrent use.
type Desk struct {
	Config
	words   words
	consent consentText
}

// New reads words and consent texts and returns a Desk.
func New(c Config) (*Desk, error) {
	d := &Desk{Config: c}
	if err := readYAML("texts/words.yaml", &d.words); err != nil {
		return nil, err
	}
	var err error
	d.consent, err = loadConsent(c.Model)
	return d, err
}

// Decide settles what belongs to the desk and hands on what is a question. Nothing
// stands before a danger: a turn that tells of one goes on whole. What is written
// to the store is written once for each message, so that a turn decided twice, or
// whose decision was lost, comes to the same.
func (d *Desk) Decide(ctx context.Context, t *bot.Turn, now time.Time) (bot.Decision, error) {
	if !slices.Contains(d.Channels, t.Conversation.Channel) {
		return d.withPages(ctx, t, now)
	}
	turn := *t
	turn.ChatOnly = true
	if !t.Conversation.Owner.Bot() || d.danger(t, now) {
		return d.Next.Decide(ctx, &turn, now)
	}
	v := &visit{Desk: d, turn: &turn, now: now, language: spokenLately(t)}
	var err error
	if v.pending, err = d.Store.Pending(ctx, t.Conversation.Institution, t.Conversation.Account); err != nil {
		return bot.Decision{}, err
	}
	for _, m := range t.Messages {
		v.language = languageOf(m.Text.Plain(), v.language)
		if err := v.hear(ctx, m); err != nil {
			return bot.Decision{}, err
		}
	}
	return v.decision(ctx)
}

// withPages is Decide for a channel with pages of its own.
func (d *Desk) withPages(ctx context.Context, t *bot.Turn, now time.Time) (bot.Decision, error) {
	if len(t.Messages) != 1 || !t.Conversation.Owner.Bot() || d.danger(t, now) {
		return d.Next.Decide(ctx, t, now)
	}
	v := &visit{Desk: d, turn: t, now: now, language: languageOf(t.Messages[0].Text.Plain(), t.Conversation.Language)}
	settled, err := v.proxy(ctx, t.Messages[0], v.words.hear(t.Messages[0].Text.Plain()))
	switch {
	case err != nil:
		return bot.Decision{}, err
	case settled:
		return v.decision(ctx)
	}
	return d.Next.Decide(ctx, t, now)
}

// spokenLately is the language the person wrote in last: a number has none.
func spokenLately(t *bot.Turn) bot.Language {
	language := t.Conversation.Language
	for _, m := range t.Recent {
		if m.Author == bot.AuthorPatient {
			language = languageOf(m.Text.Plain(), language)
		}
	}
	return language
}

// danger reports whether an emergency or crisis stands or is told of.
func (d *Desk) danger(t *bot.Turn, now time.Time) bool {
	in := guard.TriageInput{Messages: t.Messages, Standing: t.Conversation.Level, Now: now, Language: t.Conversation.Language}
	for _, m := range t.Recent {
		if m.Author == bot.AuthorPatient && now.Sub(m.At) <= 30*time.Minute {
			in.Earlier = append(in.Earlier, bot.TurnMessage{Kind: bot.MessageText, Text: m.Text, At: m.At})
		}
	}
	return t.Conversation.Level.Urgent() || d.Guard.Triage(in).Level.Urgent()
}

// visit is one turn at the desk.
type visit struct {
	*Desk
	turn      *bot.Turn // as it goes on to Next
	now       time.Time
	language  bot.Language
	pending   store.Pending
	notices   []bot.Text // said whatever else happens
	step      bool       // where the account stands is said after them
	questions []bot.TurnMessage
}

// hear settles one message, or keeps it as a question.
func (v *visit) hear(ctx context.Context, m bot.TurnMessage) error {
	switch m.Kind {
	case bot.MessageFollow:
		return v.followed()
	case bot.MessageScan:
		return v.scanned()
	case bot.MessageUnfollow:
		return nil
	case bot.MessageText, bot.MessageMenu:
	default:
		v.questions = append(v.questions, m)
		return nil
	}
	h := v.words.hear(m.Text.Plain())
	for _, settle := range []func(context.Context, bot.TurnMessage, heard) (bool, error){v.answered, v.code, v.proxy, v.chosen, v.topic} {
		if settled, err := settle(ctx, m, h); settled || err != nil {
			return err
		}
	}
	v.questions = append(v.questions, m)
	return nil
}

// decision says what the desk has to say, or hands the questions on. Where there
// are both, the desk's part leaves first as a message of its own, unless the answer
// is about a danger.
func (v *visit) decision(ctx context.Context) (bot.Decision, error) {
	text, err := v.text()
	if err != nil {
		return bot.Decision{}, err
	}
	if len(v.questions) > 0 {
		v.turn.Messages = v.questions
		answer, err := v.Next.Decide(ctx, v.turn, v.now)
		if err != nil || text.Empty() || answer.Level.Urgent() {
			return answer, err
		}
		return answer, v.Store.Say(ctx, v.turn.Conversation, "desk/"+strconv.FormatInt(v.turn.Seq, 10), text, v.now)
	}
	d := bot.Decision{
		Kind: bot.AnswerNotice, Author: bot.AuthorSystem, Parts: []bot.Text{text}, Language: v.language,
		Level: v.turn.Conversation.Level, Verdict: bot.VerdictSafety, DecidedAt: v.now,
	}
	if text.Empty() {
		d.Kind, d.Parts = bot.AnswerSilent, nil
	}
	return d, nil
}

// text joins the notices and, last, where the account stands now.
func (v *visit) text() (bot.Text, error) {
	var all []string
	for _, n := range v.notices {
		all = append(all, n.Plain())
	}
	if v.step {
		stands, err := v.stands()
		if err != nil {
			return bot.Text{}, err
		}
		all = append(all, stands.Plain())
	}
	return bot.T(strings.Join(all, "\n")), nil
}

// say adds a reviewed notice.
func (v *visit) say(id string, slots guard.NoticeSlots) error {
	text, err := v.Guard.Notice(id, v.language, slots)
	if err != nil {
		return fmt.Errorf("reception: notice %q: %w", id, err)
	}
	v.notices = append(v.notices, text)
	return nil
}

// people are whom the account may ask about, with whom it asks about now.
func (v *visit) people() guard.NoticeSlots {
	return guard.NoticeSlots{People: v.turn.Bindings, Current: v.turn.Conversation.Patient}
}
