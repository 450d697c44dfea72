package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"careline/bot"
	"careline/bot/console"
	"careline/bot/guard"
	"careline/bot/intake"
	"careline/bot/jobs"
	"careline/bot/pages"
	"careline/channels"
	"careline/channels/webchat"
)

// handler is everything served over HTTP: the patients' page, the staff's pages,
// the API of machines, and whether the service is healthy.
func (c serveCmd) handler(a *app, runner *jobs.Runner, in *intake.Intake, people []webchat.DemoPerson, log *slog.Logger) (http.Handler, error) {
	config := webchat.Config{
		Store: a.store, Finder: a.finder, Receive: a.inbox.Receive, Person: a.requestPerson, Watch: runner.Watch, Demo: people, Model: a.external, Log: log, PublicURL: a.public,
	}
	if a.official != nil {
		config.WeChat = a.official.adapter
	}
	if len(people) > 0 {
		config.DemoSignIns = []webchat.DemoSignIn{{Login: demoLogin, Password: demoPassword}}
	}
	chat, err := webchat.New(config)
	if err != nil {
		return nil, err
	}
	limits := map[string]channels.Limits{}
	for _, adapter := range a.adapters {
		limits[adapter.Name()] = adapter.Limits()
	}
	desk, err := console.New(console.Config{
		Store: a.store, Guard: a.guard, Finder: a.finder, Watch: runner.Watch, Framed: len(people) > 0, Log: log, Limits: limits, BindLink: a.bindLink,
	})
	if err != nil {
		return nil, err
	}
	api, err := intake.NewAPI(in, intake.DefaultAPILimits)
	if err != nil {
		return nil, err
	}
	shared, err := pages.SharedAssets()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+shared.Prefix(), shared)
	chat.Routes(mux)
	desk.Routes(mux)
	api.Routes(mux)
	a.official.routes(mux)
	a.wecom.routes(mux)
	mux.HandleFunc("GET /healthz", a.healthy)
	mux.HandleFunc("GET /{$}", a.front)
	return mux, nil
}

// healthy answers 200 when the database does.
func (a *app) healthy(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.db.Pool.Ping(ctx); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// front leads to the demo, or to the page of the only institution.
func (a *app) front(w http.ResponseWriter, r *http.Request) {
	all, err := a.store.Institutions(r.Context())
	if err != nil {
		http.Error(w, "服务暂时连不上，请稍后再试。 The service cannot be reached right now.", http.StatusServiceUnavailable)
		return
	}
	for _, inst := range all {
		if inst.Demo {
			http.Redirect(w, r, "/demo", http.StatusSeeOther)
			return
		}
	}
	if len(all) != 1 {
		http.NotFound(w, r)
		return
	}
	http.Redirect(w, r, "/w/"+string(all[0].ID), http.StatusSeeOther)
}

// requestPerson opens a case for a person and tells the patient what the roster
// covers.
func (a *app) requestPerson(ctx context.Context, c bot.Conversation, language bot.Language, now time.Time) error {
	onShift, err := a.store.OnShift(ctx, c.Institution, now)
	if err != nil {
		return err
	}
	id := "human-requested"
	if !onShift {
		id = "human-requested-offline"
	}
	notice, err := a.guard.Notice(id, language, guard.NoticeSlots{OnShift: onShift})
	if err != nil {
		return err
	}
	return a.store.RequestHuman(ctx, c.Institution, c.ID, notice, now)
}

// runner is the background side: turns, sends, triage of new results.
func (a *app) runner(log *slog.Logger, workers int) *jobs.Runner {
	triage := &jobs.ReportTriage{Store: a.store, Guard: a.guard, Finder: a.finder, Critical: a.critical}
	return jobs.New(jobs.Config{
		DB: a.db, Store: a.store, Decider: a.desk, Adapters: a.adapters, Media: a.media, Workers: workers, Log: log, Triage: triage.Triage,
		Notices: &jobs.Notices{Store: a.store, Guard: a.guard},
		Apology: func(language bot.Language) (bot.Text, error) {
			return a.guard.Notice("failed", language, guard.NoticeSlots{})
		},
	})
}
