package wecom_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/store/storetest"
	"careline/channels/wecom"
	"careline/channels/wecom/wecomtest"
)

// TestTheStoreKeepsMessageAndCursorTogether reads into a real database that is cut
// off before and after each message in turn.
func TestTheStoreKeepsMessageAndCursorTogether(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	a := newAccount(t)
	a.PageSize = 3
	for i, text := range numbered(12) {
		a.Write([]string{"anna", "ben"}[i%2], text)
	}
	cuts := map[string]int{}
	p := a.puller()
	p.Cursor = func(ctx context.Context, account string) (string, error) {
		cursor, err := s.Cursor(ctx, storetest.Hospital, wecom.Name, account)
		if cursor == "" {
			cursor = "cursor-0"
		}
		return cursor, err
	}
	p.SaveCursor = func(ctx context.Context, c bot.Cursor) error {
		return s.SaveCursor(ctx, storetest.Hospital, wecom.Name, c, a.Now())
	}
	p.Receive = func(ctx context.Context, in bot.Inbound, now time.Time) (bool, error) {
		cuts[in.ProviderID]++
		if cuts[in.ProviderID] == 1 {
			return false, errDown
		}
		r, err := s.Receive(ctx, in, bot.Trigger{}, nil, now)
		if cuts[in.ProviderID] == 2 && err == nil {
			err = errDown // it was stored, and the process ended
		}
		return r.Conversation.Owner.Elsewhere, err
	}
	stops := 0
	for wecom.Pull(t.Context(), p) != nil {
		if stops++; stops > 24 {
			t.Fatal("it never ends")
		}
	}
	if cursor, err := s.Cursor(t.Context(), storetest.Hospital, wecom.Name, wecomtest.Invented.OpenKFID); err != nil || cursor != "cursor-12" {
		t.Errorf("cursor %q, %v", cursor, err)
	}
	if got := stored(t, db); !slices.Equal(got, numbered(12)) {
		t.Errorf("stored %q", got)
	}
}

// stored are the messages in the order in which they came in.
func stored(t *testing.T, db *postgres.DB) (texts []string) {
	t.Helper()
	err := db.InRead(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `select text from inbox order by id`)
		if err != nil {
			return err
		}
		texts, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
