package store_test

import (
	"sync"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/store/storetest"
)

func TestADayOfTokensIsTheInstitutionsOwn(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	used := bot.Usage{Calls: 1, PromptTokens: 1000, CompletionTokens: 100, TookMS: 900}
	// The hospital is at UTC+8: its day changes at 16:00 UTC.
	evening := time.Date(2026, 11, 23, 15, 59, 0, 0, time.UTC)
	for _, at := range []time.Time{evening.Add(-12 * time.Hour), evening, evening.Add(2 * time.Minute)} {
		if err := s.Spend(t.Context(), storetest.Hospital, used, at); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[time.Time]bot.Usage{
		evening:                      {Calls: 2, PromptTokens: 2000, CompletionTokens: 200},
		evening.Add(3 * time.Minute): {Calls: 1, PromptTokens: 1000, CompletionTokens: 100},
		evening.AddDate(0, 0, 2):     {},
	} {
		if got, err := s.SpentToday(t.Context(), storetest.Hospital, at); err != nil || got != want {
			t.Errorf("on %s: %+v, %v", at, got, err)
		}
	}
}

func TestTurnsThatEndAtTheSameTimeAreAllCounted(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	const turns = 40
	var wait sync.WaitGroup
	for range turns {
		wait.Go(func() {
			if err := s.Spend(t.Context(), storetest.Hospital, bot.Usage{Calls: 1, PromptTokens: 10, CompletionTokens: 1}, storetest.Now); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got, err := s.SpentToday(t.Context(), storetest.Hospital, storetest.Now); err != nil || got.Calls != turns || got.Tokens() != 11*turns {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestABudgetIsTheInstitutionsOwnOrTheConfiguredOne(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	for _, want := range []*int{nil, new(5000), new(0), nil} {
		if err := s.SetDailyTokens(t.Context(), storetest.Hospital, operator, want, storetest.Now); err != nil {
			t.Fatal(err)
		}
		got, err := s.DailyTokens(t.Context(), storetest.Hospital)
		if err != nil || (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%v, want %v: %v", got, want, err)
		}
	}
}
