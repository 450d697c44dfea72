// Package turn takes the unanswered messages of one conversation to one
// decision. It reads evidence and writes nothing; the decision is committed by
// whoever asked for it.
package turn

import (
	"context"
	"fmt"
	"slices"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/llm"
	"careline/prompts"
	"careline/retrieval/knowledge"
	"careline/retrieval/labs"
)

// Config is what an Engine needs.
type Config struct {
	Guard     *guard.Guard
	Catalogue *labs.Catalogue
	Finder    *labs.Finder
	Library   *knowledge.Library
	// Institution, Critical and OnShift read what the store holds.
	Institution func(context.Context, bot.InstitutionID) (bot.Institution, error)
	Critical    func(context.Context, bot.InstitutionID) ([]bot.Critical, error)
	OnShift     func(context.Context, bot.InstitutionID, time.Time) (bool, error)
	// Model writes drafts; nil: every answer is composed. One that stands outside
	// the institution reads only what the patient consented to.
	Model        *llm.Chat
	ModelOutside bool
}

// Engine decides turns. It is safe for concurrent use.
type Engine struct {
	Config
	words        words
	phrases      map[bot.Language]*phrases
	instructions map[bot.Language][]string // of the prompts: never told
}

// New reads the composer's phrases and returns an Engine.
func New(c Config) (*Engine, error) {
	w, err := loadWords()
	if err != nil {
		return nil, err
	}
	p, err := loadPhrases()
	if err != nil {
		return nil, err
	}
	e := &Engine{Config: c, words: w, phrases: p, instructions: map[bot.Language][]string{}}
	for language := range p {
		e.instructions[language] = prompts.Instructions(language)
	}
	return e, nil
}

// pending is one turn on its way to a decision.
type pending struct {
	*bot.Turn
	now         time.Time
	institution bot.Institution
	question    question
	evidence    bot.Evidence
	found       labs.Found
	patient     bot.PatientID
	critical    []bot.Fact // the latest value of every item, asked about or not
	onShift     bool
	held, proxy bool   // results are left out; the writer is not the patient
	consented   bool   // else no result is read, no model asked, and nothing leaves the process
	unread      string // the kind of what came and cannot be read, "" if nothing
	trigger     bot.Trigger
	tier        bot.Tier
	// What became of the model's drafts in this turn.
	model, prompt string
	usage         bot.Usage
	attempts      []bot.Attempt
}

// Decide takes one turn to a decision. Rules set the level before anything is
// composed; a text leaves only after the guard's review.
func (e *Engine) Decide(ctx context.Context, t *bot.Turn, now time.Time) (bot.Decision, error) {
	p := &pending{Turn: t, now: now, question: e.hear(t), unread: unread(t.Messages)}
	if !t.Conversation.Owner.Bot() {
		return p.decision(bot.AnswerSilent, bot.AuthorSystem), nil
	}
	if err := e.settings(ctx, p); err != nil {
		return bot.Decision{}, err
	}
	binding, bound, ask := e.words.whose(t, p.question)
	p.consented = t.Consented || t.Conversation.Channel == operatorChannel
	p.evidence = bot.Evidence{Now: now.In(p.institution.Location()), Facts: e.Catalogue.Stated(bot.T(p.question.text))}
	if p.consented && bound && !ask {
		if err := e.results(ctx, p, binding); err != nil {
			return bot.Decision{}, err
		}
	} else {
		p.evidence.Asked = e.named(p.question.text)
	}
	if err := e.triage(ctx, p); err != nil {
		return bot.Decision{}, err
	}
	p.lookAtPicture()
	switch {
	case p.trigger.Level.Urgent() || t.Conversation.Level.Urgent():
		return e.safety(p)
	case p.trigger.Level == bot.LevelHuman:
		return e.human(p)
	case p.onlyUnread():
		return e.cannotRead(p)
	case p.question.denies && e.askedAboutPicture(p):
		return e.notice(p, "image-none", guard.NoticeSlots{})
	case p.question.greeting || p.question.thanks:
		return e.courtesy(p)
	case !p.consented && !t.ChatOnly:
		return e.notice(p, "consent-needed", guard.NoticeSlots{OnShift: p.onShift})
	case ask && p.consented:
		return e.notice(p, "whose-report", whoseSlots(t))
	case p.held && len(p.found.Facts) == 0:
		return e.toldByAPerson(p)
	}
	return e.explain(ctx, p)
}

func (e *Engine) settings(ctx context.Context, p *pending) (err error) {
	id := p.Conversation.Institution
	if p.institution, err = e.Institution(ctx, id); err != nil {
		return fmt.Errorf("turn: institution %s: %w", id, err)
	}
	if p.onShift, err = e.OnShift(ctx, id, p.now); err != nil {
		return fmt.Errorf("turn: who is on shift at %s: %w", id, err)
	}
	return nil
}

// hear reads the turn's messages with the question they point back to; worry and
// a bare yes are what shows in the new messages alone.
func (e *Engine) hear(t *bot.Turn) question {
	fresh := e.words.hear(ownWords(t.Messages), t.Conversation.Language)
	q := e.words.hear(e.withContext(t), t.Conversation.Language)
	q.worry, q.affirms, q.denies = fresh.worry, fresh.affirms, fresh.denies
	return q
}

// withContext adds the question before, when a message only says whose report
// or only points back ("那怎么办"): the person does not repeat themselves.
func (e *Engine) withContext(t *bot.Turn) []bot.TurnMessage {
	messages := ownWords(t.Messages)
	heard := e.words.hear(messages, t.Conversation.Language)
	if len(messages) == 0 || e.Catalogue.PointsAtReport(heard.text) || heard.greeting || heard.thanks || len(e.Catalogue.Mentions(heard.text)) > 0 || len([]rune(heard.folded)) > 24 {
		return messages
	}
	for i := len(t.Recent) - 1; i >= 0; i-- {
		m := t.Recent[i]
		if m.Author == bot.AuthorPatient && len(e.Catalogue.Mentions(m.Text.Plain())) > 0 {
			before := bot.TurnMessage{Kind: "text", Text: m.Text, At: m.At}
			return append([]bot.TurnMessage{before}, messages...)
		}
	}
	return messages
}

// named are the analytes a question names, in order.
func (e *Engine) named(text string) []bot.AnalyteID {
	var all []bot.AnalyteID
	for _, m := range e.Catalogue.Mentions(text) {
		for _, id := range m.Analytes {
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all
}

func (p *pending) decision(kind bot.AnswerKind, author bot.Author) bot.Decision {
	d := bot.Decision{
		Kind: kind, Author: author, Language: p.question.language, Level: max(p.Conversation.Level, p.trigger.Level),
		Patient: p.patient, Evidence: p.evidence, Verdict: bot.VerdictSafety, DecidedAt: p.now,
		Model: p.model, Prompt: p.prompt, Usage: p.usage, Attempts: p.attempts,
	}
	if p.trigger.Level > bot.LevelNone {
		trigger := p.trigger
		d.Trigger = &trigger
		d.OpenCase = &bot.CaseReason{Level: trigger.Level, Trigger: trigger, Result: p.criticalResult()}
	}
	return d
}

func (p *pending) criticalResult() bot.ResultID {
	for _, f := range p.evidence.Facts {
		if f.Critical != nil {
			return f.Result
		}
	}
	return 0
}

// whoseSlots name whom the account may ask about; where a choice is made in the
// chat itself, by numbers, so that two children can be told apart.
func whoseSlots(t *bot.Turn) (s guard.NoticeSlots) {
	if t.ChatOnly {
		s.People = t.Bindings
		return s
	}
	for _, b := range t.Bindings {
		s.Relations = append(s.Relations, b.Relation)
	}
	return s
}
