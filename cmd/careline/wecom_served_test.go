package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/inbox"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels/wecom"
	"careline/channels/wecom/wecomtest"
)

// wecomServed is WeCom wired to a real store, beside a fake platform.
type wecomServed struct {
	t *testing.T
	*wecomtest.Platform
	*wecomChannel
	store *store.Store
	db    *postgres.DB
}

func serveWeCom(t *testing.T) wecomServed {
	t.Helper()
	s, db := storetest.New(t)
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	a := &app{db: db, store: s, guard: g, inbox: &inbox.Receiver{
		Store: s, Guard: g, Critical: s.CriticalTable, Stated: func(bot.Text) []bot.Fact { return nil },
	}}
	p := wecomtest.New(wecomtest.Invented, utcNow())
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	channel, err := invented(server.URL).channel(a, storetest.Hospital, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- channel.pullers.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return wecomServed{t, p, channel, s, db}
}

// call lets the platform call back, then waits until a query counts want.
func (s wecomServed) call(want int, query string) {
	s.t.Helper()
	r, err := s.Callback("/wecom/hospital")
	if err != nil {
		s.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.callback.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		s.t.Fatalf("the callback was answered %d", w.Code)
	}
	s.until(want, query)
}

// until waits until a query counts want.
func (s wecomServed) until(want int, query string) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); s.count(query) != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: %d, want %d", query, s.count(query), want)
		}
	}
}

func (s wecomServed) count(query string) (n int) {
	s.t.Helper()
	err := s.db.InRead(s.t.Context(), storetest.Hospital, func(tx pgx.Tx) error { return tx.QueryRow(s.t.Context(), query).Scan(&n) })
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// sendOne sends the part that is due.
func (s wecomServed) sendOne() *bot.Outbound {
	s.t.Helper()
	out, err := s.store.ClaimSend(s.t.Context(), []store.Sender{{Channel: wecom.Name}}, "sender", utcNow(), time.Minute)
	if err != nil || out == nil {
		s.t.Fatal(out, err)
	}
	if err := s.adapter.Send(s.t.Context(), *out); err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.Sent(s.t.Context(), out, utcNow()); err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestADangerWrittenInWeComIsAnsweredAndAServicerTakesOver(t *testing.T) {
	t.Parallel()
	s := serveWeCom(t)
	s.Write("anna", "我胸口压着疼，喘不上气")
	s.call(1, `select count(*) from outbox where urgent`)
	s.until(1, `select count(*) from channel_cursors where cursor = 'cursor-1'`) // after a first reading it is stored by itself
	out := s.sendOne()
	if got := s.Shown("anna"); len(got) != 1 || got[0].Text != out.Text.Plain() {
		t.Fatalf("shown %+v", got)
	}
	s.Undelivered("anna", s.Shown("anna")[0].ID, 10)
	s.call(1, `select count(*) from case_events where rule = 'undelivered' and level = 'emergency'`)
	s.Take("anna", "zhangsan")
	s.call(1, `select count(*) from conversations where elsewhere`)
	s.Answer("anna", "您好，我是张医生")
	s.End("anna")
	s.call(0, `select count(*) from conversations where elsewhere`)
	if n := s.count(`select count(*) from inbox`); n != 1 {
		t.Errorf("%d messages of patients, one was written", n)
	}
}
