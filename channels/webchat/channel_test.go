package webchat

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels"
	"careline/channels/channeltest"
)

// page shows what the store would mark sent: in this channel a part has arrived
// when its send was accepted.
type page struct {
	Adapter
	shown *[]string
}

func (p page) Send(ctx context.Context, out bot.Outbound) error {
	err := p.Adapter.Send(ctx, out)
	if err == nil {
		*p.shown = append(*p.shown, out.Text.Plain())
	}
	return err
}

func TestThePageIsAChannel(t *testing.T) {
	t.Parallel()
	people, _ := storetest.New(t)
	channeltest.Run(t, func(t *testing.T) channeltest.Harness {
		var shown []string
		var inbox []bot.Inbound
		site, err := New(Config{Store: people, Receive: func(_ context.Context, in bot.Inbound, _ time.Time) (store.Received, error) {
			inbox = append(inbox, in)
			return store.Received{}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		site.Routes(mux)
		visitor := &http.Cookie{Name: visitorCookie, Value: "AAECAwQFBgcICQoLDA0ODw"}
		adapter := page{shown: &shown}
		return channeltest.Harness{
			Adapter: adapter, Restart: func() channels.Adapter { return adapter }, To: bot.T(visitor.Value),
			Inbox: func() []bot.Inbound { return inbox },
			Seen:  func() []string { return shown },
			Writes: func(text string, times int) {
				form := url.Values{"text": {text}, "id": {uuid.NewString()}}.Encode()
				for range times {
					r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/w/"+string(storetest.Hospital)+"/messages", strings.NewReader(form))
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					r.AddCookie(visitor)
					w := httptest.NewRecorder()
					if mux.ServeHTTP(w, r); w.Code != http.StatusSeeOther {
						t.Fatalf("status %d: %s", w.Code, w.Body)
					}
				}
			},
		}
	})
}
