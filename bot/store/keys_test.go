package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

func TestAKeyIsShownOnceAndItsDigestKept(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	ctx, now := t.Context(), storetest.Now
	secret, made, err := s.CreateKey(ctx, storetest.Hospital, operator, "analyser-1", []store.Scope{store.ScopeWrite}, now)
	if err != nil || !strings.HasPrefix(secret, "clk_hospital_") || len(secret) < len("clk_hospital_")+43 {
		t.Fatalf("%q, %v", secret, err)
	}
	var text string
	err = db.InRead(ctx, storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select k::text || coalesce((select string_agg(a::text, '') from audit a), '') from api_keys k`).Scan(&text)
	})
	if err != nil || strings.Contains(text, strings.TrimPrefix(secret, "clk_hospital_")) {
		t.Errorf("the secret is kept, or %v", err)
	}
	key, err := s.UseKey(ctx, secret, now)
	if err != nil || key.ID != made.ID || key.Name != "analyser-1" || !key.May(store.ScopeWrite) || key.May(store.ScopeRead) {
		t.Errorf("used %+v, %v", key, err)
	}
	for _, wrong := range []string{"", "clk_", "clk_hospital", "clk_hospital_", secret[:len(secret)-1], secret + "A", strings.Replace(secret, "hospital", "elsewhere", 1),
		strings.ToUpper(secret), "clk_Hospital_x", "clk_" + strings.Repeat("a", 200) + "_x"} {
		if _, err := s.UseKey(ctx, wrong, now); bot.KindOf(err) != bot.KindForbidden {
			t.Errorf("%q was taken: %v", wrong, err)
		}
	}
}

func TestARevokedKeyEndsAtOnceAndItsNameStaysTaken(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	ctx, now := t.Context(), storetest.Now
	secret, _, err := s.CreateKey(ctx, storetest.Hospital, operator, "old", []store.Scope{store.ScopeRead}, now)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.RevokeKey(ctx, storetest.Hospital, operator, "old", now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.UseKey(ctx, secret, now); bot.KindOf(err) != bot.KindForbidden {
		t.Errorf("a revoked key: %v", err)
	}
	if err := s.RevokeKey(ctx, storetest.Hospital, operator, "never", now); bot.KindOf(err) != bot.KindNotFound {
		t.Errorf("an unknown name: %v", err)
	}
	if _, _, err := s.CreateKey(ctx, storetest.Hospital, operator, "old", []store.Scope{store.ScopeRead}, now); bot.KindOf(err) != bot.KindConflict {
		t.Errorf("a taken name: %v", err)
	}
	for name, scopes := range map[string][]store.Scope{"Upper": {store.ScopeRead}, "": {store.ScopeRead}, "none": {}, "odd": {"results:delete"}} {
		if _, _, err := s.CreateKey(ctx, storetest.Hospital, operator, name, scopes, now); bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("key %q with %v: %v", name, scopes, err)
		}
	}
}

func TestTheLastUseOfAKeyIsKnownToTheMinute(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	ctx, now := t.Context(), storetest.Now
	secret, _, err := s.CreateKey(ctx, storetest.Hospital, operator, "k", []store.Scope{store.ScopeRead}, now)
	if err != nil {
		t.Fatal(err)
	}
	var seen []time.Duration
	for _, after := range []time.Duration{0, 10 * time.Second, 2 * time.Minute} {
		if _, err := s.UseKey(ctx, secret, now.Add(after)); err != nil {
			t.Fatal(err)
		}
		keys, err := s.Keys(ctx, storetest.Hospital)
		if err != nil || len(keys) != 1 || keys[0].UsedAt == nil {
			t.Fatalf("%+v, %v", keys, err)
		}
		seen = append(seen, keys[0].UsedAt.Sub(now))
	}
	if want := []time.Duration{0, 0, 2 * time.Minute}; !slices.Equal(seen, want) {
		t.Errorf("last uses %v, want %v", seen, want)
	}
}

func TestARequestWhoseWorkerDiedIsTakenOverAfterItsLease(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	ctx, now := t.Context(), storetest.Now
	_, key, err := s.CreateKey(ctx, storetest.Hospital, operator, "k", []store.Scope{store.ScopeWrite}, now)
	if err != nil {
		t.Fatal(err)
	}
	r := store.Request{Key: key.ID, Value: "v", Fingerprint: []byte("f")}
	begin := func(r store.Request, at time.Time) (*store.Reply, bool, error) {
		return s.BeginRequest(ctx, storetest.Hospital, r, at.Add(time.Minute), at)
	}
	if _, claimed, err := begin(r, now); !claimed || err != nil {
		t.Fatalf("the first: %v, %v", claimed, err)
	}
	if before, claimed, err := begin(r, now.Add(30*time.Second)); claimed || before != nil || err != nil {
		t.Errorf("within the lease: %v, %v, %v", before, claimed, err)
	}
	other := r
	other.Fingerprint = []byte("g")
	if _, claimed, err := begin(other, now.Add(2*time.Minute)); claimed || bot.KindOf(err) != bot.KindInvalid {
		t.Errorf("another request: %v, %v", claimed, err)
	}
	if _, claimed, err := begin(r, now.Add(2*time.Minute)); !claimed || err != nil {
		t.Errorf("after the lease: %v, %v", claimed, err)
	}
	if err := s.EndRequest(ctx, storetest.Hospital, r, store.Reply{Status: 422, Body: "{}"}); err != nil {
		t.Fatal(err)
	}
	if before, claimed, err := begin(r, now.Add(24*time.Hour)); claimed || err != nil || before == nil || *before != (store.Reply{Status: 422, Body: "{}"}) {
		t.Errorf("a day later: %v, %v, %v", before, claimed, err)
	}
	if _, claimed, err := begin(r, now.Add(49*time.Hour)); !claimed || err != nil {
		t.Errorf("two days later it is a new request: %v, %v", claimed, err)
	}
}
