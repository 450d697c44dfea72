package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/channels/wecom"
	"careline/channels/wecom/wecomtest"
)

// numbered are n texts that tell their order.
func numbered(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("第%d条", i+1))
	}
	return all
}

func TestAllPagesAreReadInOrder(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.PageSize = 3
	for _, text := range numbered(10) {
		a.Write("anna", text)
	}
	a.pull(t)
	if got := a.texts(); !slices.Equal(got, numbered(10)) {
		t.Errorf("received %q", got)
	}
	if a.Calls("kf/sync_msg") != 4 {
		t.Errorf("%d calls for four pages", a.Calls("kf/sync_msg"))
	}
}

func TestTheCursorIsStoredWithThePagesLastMessage(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.PageSize = 2
	for _, text := range numbered(4) {
		a.Write("anna", text)
	}
	a.pull(t)
	var carried []string
	for _, in := range a.messages {
		if in.Cursor == nil {
			carried = append(carried, "")
			continue
		}
		carried = append(carried, in.Cursor.Account+" "+in.Cursor.Value)
	}
	id := wecomtest.Invented.OpenKFID
	if want := []string{"", id + " cursor-2", "", id + " cursor-4"}; !slices.Equal(carried, want) {
		t.Errorf("carried %q, want %q", carried, want)
	}
	if len(a.saved) != 0 {
		t.Errorf("stored by itself: %q", a.saved)
	}
}

func TestACursorBehindAnEventIsStoredWhenTheEventWasActedOn(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	a.Undelivered("anna", "careline-7", 10)
	a.pull(t)
	if a.messages[0].Cursor != nil {
		t.Error("the message carries a cursor that stands behind the event")
	}
	if !slices.Equal(a.saved, []string{"cursor-2"}) || !slices.Equal(a.told, []string{"part 7: the patient refuses messages"}) {
		t.Errorf("stored %q, told %q", a.saved, a.told)
	}
}

// TestWhereverItStopsNothingIsLostOrDoubled lets the database fail once at each
// message in turn; what stopped is started anew from the stored cursor.
func TestWhereverItStopsNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.PageSize = 3
	for _, text := range numbered(8) {
		a.Write("anna", text)
	}
	failed := map[string]bool{}
	a.down = func(in bot.Inbound) bool {
		first := !failed[in.ProviderID]
		failed[in.ProviderID] = true
		return first
	}
	stops := 0
	for wecom.Pull(t.Context(), a.puller()) != nil {
		if stops++; stops > 8 {
			t.Fatal("it never ends")
		}
	}
	if got := a.texts(); !slices.Equal(got, numbered(8)) || stops != 8 {
		t.Errorf("received %q after %d stops", got, stops)
	}
}

func TestAFailedCallIsMadeAgainAndSmaller(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for _, text := range numbered(60) {
		a.Write("anna", text)
	}
	a.Fail("kf/sync_msg", wecomtest.Fault{Status: 502})
	p := a.puller()
	if err := wecom.Pull(t.Context(), p); err == nil {
		t.Fatal("no error")
	}
	if err := wecom.Pull(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if got := a.texts(); !slices.Equal(got, numbered(60)) || a.messages[49].Cursor == nil {
		t.Errorf("received %d; the page after a failure was not half as large", len(got))
	}
}

func TestWhatIsOlderThanTheFirstReadingIsHistory(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.cursor, a.PageSize = "", 2
	for _, text := range numbered(3) {
		a.Write("anna", text)
	}
	a.Advance(time.Hour)
	a.Write("anna", "现在的问题")
	a.down = func(in bot.Inbound) bool { return in.Text.Plain() == "现在的问题" }
	if err := wecom.Pull(t.Context(), a.puller()); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	if a.cursor != "" {
		t.Error("a first reading that broke off left a cursor: the next would take history for news")
	}
	a.down = nil
	a.pull(t)
	if got := a.texts(); !slices.Equal(got, []string{"现在的问题"}) || a.cursor != "cursor-4" {
		t.Errorf("received %q, cursor %q", got, a.cursor)
	}
}

func TestACallbackWakesItsAccountAndNoOther(t *testing.T) {
	t.Parallel()
	a, b := newAccount(t), newAccountNamed(t, "wk-other")
	pullers := wecom.NewPullers(a.puller(), b.puller())
	done, stop := run(t, pullers)
	eventually(t, func() bool { return a.Calls("kf/sync_msg") == 1 && b.Calls("kf/sync_msg") == 1 })
	a.Write("anna", "在吗")
	b.Write("ben", "您好")
	pullers.Wake(wecomtest.Invented.OpenKFID, "pull-token")
	pullers.Wake("wk-of-nobody", "pull-token")
	eventually(t, func() bool { return len(a.texts()) == 1 })
	if len(b.texts()) != 0 {
		t.Error("another account was read")
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

func TestAPollFindsWhatNoCallbackTold(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	_, stop := run(t, wecom.NewPullers(a.puller()).Every(20*time.Millisecond))
	defer stop()
	eventually(t, func() bool { return a.Calls("kf/sync_msg") >= 1 })
	a.Write("anna", "在吗")
	eventually(t, func() bool { return len(a.texts()) == 1 })
}

func TestAfterAnErrorACallbackIsEnoughToReadAgain(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	a.Fail("kf/sync_msg", wecomtest.Fault{Code: 45009})
	pullers := wecom.NewPullers(a.puller())
	_, stop := run(t, pullers)
	defer stop()
	eventually(t, func() bool { return a.Calls("kf/sync_msg") == 1 })
	pullers.Wake(wecomtest.Invented.OpenKFID, "pull-token")
	eventually(t, func() bool { return len(a.texts()) == 1 })
}

func TestAtMostFivePagesAreAskedForAtOnce(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	goOn := make(chan struct{})
	var pullers []*wecom.Puller
	for range 9 {
		pullers = append(pullers, a.puller())
		a.Fail("kf/sync_msg", wecomtest.Fault{First: func() { <-goOn }})
	}
	done := make(chan error, 1)
	go func() { done <- wecom.PullAtOnce(t.Context(), pullers) }()
	eventually(t, func() bool { return a.Busiest() == 5 })
	time.Sleep(20 * time.Millisecond) // a sixth would come now
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if a.Busiest() != 5 || a.Calls("kf/sync_msg") != 9 {
		t.Errorf("%d at once, %d in all", a.Busiest(), a.Calls("kf/sync_msg"))
	}
}

func TestAnErrorOfTheCallHoldsNeitherSecretNorToken(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Fail("kf/sync_msg", wecomtest.Fault{Code: 45009}, wecomtest.Fault{Status: 500}, wecomtest.Fault{Lost: true})
	for range 3 {
		err := wecom.Pull(t.Context(), a.puller())
		if err == nil {
			t.Fatal("no error")
		}
		for _, secret := range []string{wecomtest.Invented.Secret, "token-1", "access_token"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q stands in %v", secret, err)
			}
		}
	}
}

func run(t *testing.T, pullers *wecom.Pullers) (done chan error, stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done = make(chan error, 1)
	go func() { done <- pullers.Run(ctx) }()
	return done, cancel
}

func eventually(t *testing.T, so func() bool) {
	t.Helper()
	for range 2000 {
		if so() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it never came so")
}
