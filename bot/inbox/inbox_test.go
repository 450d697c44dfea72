package inbox_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/inbox"
	"careline/bot/store/storetest"
	"careline/retrieval/labs"
)

func TestTriageReadsThePatientsOwnWordsWhateverElseIsStored(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := labs.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	r := &inbox.Receiver{Store: s, Guard: g, Stated: catalogue.Stated, Critical: s.CriticalTable}
	for name, c := range map[string]struct {
		kind, text, stored string
		urgent             int
		refused            bool
	}{
		"written":                      {kind: bot.MessageText, text: "我胸口疼得喘不上气", stored: "我胸口疼得喘不上气", urgent: 1},
		"spoken":                       {kind: bot.MessageVoice, text: "我胸口疼得喘不上气", stored: "我胸口疼得喘不上气", urgent: 1},
		"the title of somebody's page": {kind: bot.MessageLink, text: "我胸口疼得喘不上气", stored: "我胸口疼得喘不上气"},
		"the name of a place":          {kind: bot.MessageLocation, text: "急救中心", stored: "急救中心"},
		"bytes that are no text":       {kind: bot.MessageText, text: "血钾\x00高吗\xff", stored: "血钾高吗\ufffd"},
		"a picture without words":      {kind: bot.MessageImage},
		"an empty message":             {kind: bot.MessageText, text: " ", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			in := bot.Inbound{Institution: storetest.Hospital, Channel: "wechat", ExternalID: bot.T(name), ProviderID: "m1", Kind: c.kind, Text: bot.T(c.text)}
			got, err := r.Receive(t.Context(), in, storetest.Now)
			if (err != nil) != c.refused || len(got.Urgent) != c.urgent {
				t.Fatalf("%d urgent texts, %v", len(got.Urgent), err)
			}
			if c.refused {
				return
			}
			var text string
			if err := db.InRead(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
				return tx.QueryRow(t.Context(), `select text from inbox where id = $1`, int64(got.Inbox)).Scan(&text)
			}); err != nil || text != c.stored {
				t.Errorf("stored %q, %v", text, err)
			}
		})
	}
}
