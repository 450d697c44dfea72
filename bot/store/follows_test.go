package store_test

import (
	"slices"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// bound binds the phone's account to a patient with a result.
func (p *phone) binds(number string) bot.PatientID {
	p.t.Helper()
	p.load(p.t, p.at, someone(number, "1980-01-01", bot.SexFemale), potassium("R-"+number, "4.6", bot.StatusFinal))
	patient := p.patient(p.t, number)
	code, factor, _, err := p.MakeBindCode(p.t.Context(), storetest.Hospital, operator, patient, store.CodeOptions{Valid: time.Minute}, p.at)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.Bind(p.t.Context(), storetest.Hospital, p.c.Account, code, factor, bot.RelationSelf, p.at); err != nil {
		p.t.Fatal(err)
	}
	if err := p.Consent(p.t.Context(), storetest.Hospital, p.c.Account, bot.PurposeReadReports, "1", p.at); err != nil {
		p.t.Fatal(err)
	}
	return patient
}

func TestAnUnfollowSuspendsBindingsAndAFollowRestoresThem(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.does(bot.MessageFollow)
	patient := p.binds("T-1")
	look := func() (all []int) {
		bound, err := p.BoundConversations(t.Context(), storetest.Hospital, patient)
		if err != nil {
			t.Fatal(err)
		}
		chosen := 0
		if err := p.ChoosePatient(t.Context(), storetest.Hospital, p.c.ID, patient, p.at); err == nil {
			chosen = 1
		}
		return []int{len(p.bound(t, p.c)), len(bound), chosen}
	}
	if got := look(); !slices.Equal(got, []int{1, 1, 1}) {
		t.Fatalf("before: %v", got)
	}
	p.at = p.at.Add(time.Hour)
	p.does(bot.MessageUnfollow)
	if got := look(); !slices.Equal(got, []int{0, 0, 0}) {
		t.Errorf("unfollowed: %v", got)
	}
	p.at = p.at.Add(time.Hour)
	p.does(bot.MessageFollow)
	if got := look(); !slices.Equal(got, []int{1, 1, 1}) {
		t.Errorf("followed again: %v", got)
	}
	if turn := claim(t, p.Store, p.at); turn == nil || len(turn.Bindings) != 1 || turn.Messages[len(turn.Messages)-1].Kind != bot.MessageFollow {
		t.Errorf("a follow is answered at once, with the bindings: %+v", turn)
	}
}

func TestAnUnfollowParksWhatWaitsAndTellsStaffOfTheRest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		waits func(p *phone)
		later []string
		cases string
	}{
		"an answer": {func(p *phone) { p.writes("血钾高吗"); p.answered("一") }, []string{"一"}, ""},
		"a reply of staff": {func(p *phone) { p.writes("在吗"); p.staffReplies(addStaff(p.t, p.Store, "zhang"), "在的") },
			[]string{"在的"}, "review undelivered undelivered"},
		"a text about a danger": {func(p *phone) { p.inDanger() }, nil, "emergency T0 undelivered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPhone(t)
			c.waits(p)
			p.at = p.at.Add(time.Second)
			p.does(bot.MessageUnfollow)
			p.shows()
			if got := p.cases(); got != c.cases {
				t.Errorf("cases %q, want %q", got, c.cases)
			}
			p.at = p.at.Add(time.Hour)
			p.does(bot.MessageFollow)
			p.shows(c.later...)
		})
	}
}

func TestAnUnfollowAsksForNoTurnAndStopsTheOneThatWaits(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.at = p.at.Add(time.Second)
	p.does(bot.MessageUnfollow)
	if turn := claim(t, p.Store, p.at.Add(time.Minute)); turn != nil {
		t.Errorf("a turn is due: %+v", turn)
	}
	p.at = p.at.Add(time.Hour)
	p.does(bot.MessageFollow)
	turn := claim(t, p.Store, p.at)
	if turn == nil || len(turn.Messages) != 2 || turn.Messages[0].Kind != bot.MessageText || turn.Messages[1].Kind != bot.MessageFollow {
		t.Errorf("after the follow: %+v", turn)
	}
}

func TestAnUnfollowThatComesLateHasNoEffect(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.does(bot.MessageFollow)
	p.binds("T-1")
	p.at = p.at.Add(time.Second)
	p.gets(bot.Inbound{Kind: bot.MessageUnfollow, SentAt: storetest.Now.Add(-time.Minute)}, bot.Trigger{})
	if got := p.bound(t, p.c); len(got) != 1 {
		t.Errorf("bindings %v", got)
	}
	if claim(t, p.Store, p.at) == nil {
		t.Error("the follow is not answered any more")
	}
}
