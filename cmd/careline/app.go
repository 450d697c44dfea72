package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/inbox"
	"careline/bot/jobs"
	"careline/bot/llm"
	"careline/bot/llm/llmtest"
	"careline/bot/postgres"
	"careline/bot/reception"
	"careline/bot/store"
	"careline/bot/turn"
	"careline/channels"
	"careline/channels/webchat"
	"careline/retrieval/embed"
	"careline/retrieval/knowledge"
	"careline/retrieval/labs"
)

// app is everything a command needs, wired by hand in the order it depends on
// each other. Commands take what they use.
type app struct {
	db        *postgres.DB
	store     *store.Store
	guard     *guard.Guard
	catalogue *labs.Catalogue
	finder    *labs.Finder
	library   *knowledge.Library
	embedder  embed.Embedder
	inbox     *inbox.Receiver
	engine    *turn.Engine
	model     *llm.Chat              // nil: answers are composed
	scripted  *llmtest.Server        // the model of a demonstration, nil without it
	external  *webchat.ExternalModel // whom patients are asked about, nil where nothing leaves
	adapters  []channels.Adapter     // the channels patients write in
	official  *official              // the official account, nil without one
	wecom     *wecomChannel          // WeCom customer service, nil without it
	media     *jobs.Media            // fetches pictures and voice
	desk      *reception.Desk        // what is said before a message is a question
	public    string                 // the address patients reach us at, "" if it is not known
	critical  func(context.Context, bot.InstitutionID) ([]bot.Critical, error)
}

// connections to the database a process holds at most: machines that send at the
// same time wait for the same commit, not for each other.
const connections = 24

// open connects to the database, starting the private cluster when it is down
// and no DATABASE_URL is given, and wires the parts.
func (g *global) open(ctx context.Context, log *slog.Logger) (*app, error) {
	service, _, err := g.databases(ctx, log)
	if err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, service, postgres.Options{MaxConns: connections})
	if err != nil {
		return nil, bot.Errorf(bot.KindUnavailable, "The database does not answer. `careline doctor` says what to do.", "open database: %w", err)
	}
	a, err := g.wire(db)
	if err != nil {
		db.Close()
		return nil, err
	}
	return a, nil
}

func (g *global) wire(db *postgres.DB) (*app, error) {
	a := &app{db: db, adapters: []channels.Adapter{webchat.Adapter{}}}
	vault, err := store.OpenVault(g.keyFile())
	if err != nil {
		return nil, err
	}
	a.store = store.New(db, vault)
	if a.catalogue, err = labs.LoadCatalogue(); err != nil {
		return nil, err
	}
	if a.embedder, err = g.Embed.embedder(a.catalogue); err != nil {
		return nil, err
	}
	a.finder = labs.NewFinder(db, a.catalogue, a.embedder)
	a.library = knowledge.New(db, a.embedder)
	a.critical = cached(time.Minute, a.store.CriticalTable)
	return a, nil
}

// answering is open for a command that answers patients: with the guard, whose
// lexicon takes longest to read, and the engine.
func (g *global) answering(ctx context.Context, log *slog.Logger) (*app, error) {
	a, err := g.open(ctx, log)
	if err != nil {
		return nil, err
	}
	if err := a.wireAnswers(g); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *app) wireAnswers(g *global) (err error) {
	if a.guard, err = guard.Load(); err != nil {
		return err
	}
	a.inbox = &inbox.Receiver{Store: a.store, Guard: a.guard, Stated: a.catalogue.Stated, Critical: a.critical}
	onShift := cached(5*time.Second, func(ctx context.Context, id bot.InstitutionID) (bool, error) {
		return a.store.OnShift(ctx, id, time.Now().UTC())
	})
	if a.model, err = a.chat(g.Model); err != nil {
		return err
	}
	a.external = g.Model.external()
	a.engine, err = turn.New(turn.Config{
		Guard: a.guard, Catalogue: a.catalogue, Finder: a.finder, Library: a.library,
		Institution: cached(time.Minute, a.store.Institution), Critical: a.critical,
		OnShift: func(ctx context.Context, id bot.InstitutionID, _ time.Time) (bool, error) { return onShift(ctx, id) },
		Model:   a.model, ModelOutside: g.Model.outside(),
	})
	if err != nil {
		return err
	}
	a.desk, err = a.reception()
	return err
}

func (a *app) close() {
	if a.scripted != nil {
		_ = a.scripted.Close()
	}
	a.db.Close()
}

func (g *global) keyFile() string {
	if g.KeyFile != "" {
		return g.KeyFile
	}
	return filepath.Join(g.Home, "keys.json")
}

// embedder is the configured one, the built-in by default.
func (c embedConfig) embedder(catalogue *labs.Catalogue) (embed.Embedder, error) {
	if c.URL == "" {
		return embed.BuiltIn(catalogue.Synonyms()), nil
	}
	if c.Model == "" {
		return nil, bot.Errorf(bot.KindInvalid, "An embedding endpoint needs --embed-model.", "embed: no model for the endpoint")
	}
	client, err := llm.New(llm.Config{BaseURL: c.URL, Key: c.Key})
	if err != nil {
		return nil, fmt.Errorf("embedding endpoint: %w", err)
	}
	return embed.Endpoint(client, c.Model, c.Dimension), nil
}
