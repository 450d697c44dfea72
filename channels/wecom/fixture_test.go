package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"careline/bot"
	"careline/channels/wecom"
	"careline/channels/wecom/wecomtest"
	"careline/channels/weixin"
)

const hospital bot.InstitutionID = "hospital"

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// desk is what stands behind the channel in these tests: it keeps messages and
// cursor together, as the store does, and remembers what it was told.
type desk struct {
	mu        sync.Mutex
	messages  []bot.Inbound
	delivered []bot.Inbound // with those that came again
	seen      map[string]bool
	cursor    string
	saved     []string // cursors stored without a message
	elsewhere map[string]bool
	told      []string
	down      func(in bot.Inbound) bool // the message for which the database is down
	refused   func(in bot.Inbound) bool // the message that is not acceptable
}

var errDown = errors.New("the database is down")

func (d *desk) Receive(_ context.Context, in bot.Inbound, _ time.Time) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down != nil && d.down(in) {
		return false, errDown
	}
	if d.refused != nil && d.refused(in) {
		return false, bot.Errorf(bot.KindInvalid, "Too long.", "too long")
	}
	d.delivered = append(d.delivered, in)
	if !d.seen[in.ProviderID] {
		d.seen[in.ProviderID] = true
		d.messages = append(d.messages, in)
	}
	if in.Cursor != nil {
		d.cursor = in.Cursor.Value
	}
	return d.elsewhere[in.ExternalID.Plain()], nil
}

func (d *desk) Cursor(context.Context, string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cursor, nil
}

func (d *desk) SaveCursor(_ context.Context, c bot.Cursor) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cursor, d.saved = c.Value, append(d.saved, c.Value)
	return nil
}

func (d *desk) Failed(_ context.Context, part bot.MessageID, why string) error {
	d.tell(fmt.Sprintf("part %d: %s", part, why))
	return nil
}

func (d *desk) Replied(_ context.Context, external bot.Text) error {
	d.tell(external.Plain() + " has a servicer's answer")
	return nil
}

func (d *desk) Elsewhere(_ context.Context, external bot.Text, elsewhere bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.elsewhere[external.Plain()] != elsewhere {
		d.told = append(d.told, fmt.Sprintf("%s elsewhere: %v", external.Plain(), elsewhere))
	}
	d.elsewhere[external.Plain()] = elsewhere
	return nil
}

func (d *desk) tell(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, what)
}

// texts are what was received, in order.
func (d *desk) texts() (all []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, in := range d.messages {
		all = append(all, in.Text.Plain())
	}
	return all
}

// account is one account on a platform of its own, with our side of it.
type account struct {
	*wecomtest.Platform
	*desk
	adapter *wecom.Adapter
}

func newAccount(t testing.TB) account {
	t.Helper()
	return newAccountNamed(t, wecomtest.Invented.OpenKFID)
}

func newAccountNamed(t testing.TB, openKFID string) account {
	t.Helper()
	a := wecomtest.Invented
	a.OpenKFID = openKFID
	p := wecomtest.New(a, noon)
	server := httptest.NewUnstartedServer(p)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	client, err := weixin.Register(weixin.Account{Platform: weixin.WeCom, ID: a.CorpID, Secret: bot.T(a.Secret), BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{seen: map[string]bool{}, elsewhere: map[string]bool{}, cursor: "cursor-0"}
	adapter, err := wecom.New(wecom.Config{
		Account: wecom.Account{Institution: hospital, OpenKFID: a.OpenKFID, Client: client}, Elsewhere: d.Elsewhere, Now: p.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return account{p, d, adapter}
}

// puller reads the account; a new one is what a restart makes.
func (a account) puller() *wecom.Puller {
	return &wecom.Puller{
		Adapter: a.adapter, Receive: a.Receive, Cursor: a.Cursor, SaveCursor: a.SaveCursor, Failed: a.Failed, Replied: a.Replied,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// pull reads until nothing is new.
func (a account) pull(t testing.TB) {
	t.Helper()
	if err := wecom.Pull(t.Context(), a.puller()); err != nil {
		t.Fatal(err)
	}
}

// send sends a text as a part of the assistant.
func (a account) send(t testing.TB, part bot.MessageID, external, text string) error {
	t.Helper()
	return a.adapter.Send(t.Context(), bot.Outbound{
		ID: part, Institution: hospital, Channel: wecom.Name, ExternalID: bot.T(external), Author: bot.AuthorSystem, Text: bot.T(text), Language: bot.Chinese, Attempts: 1,
	})
}
