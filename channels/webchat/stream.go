package webchat

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"careline/bot"
	"careline/bot/pages"
	"careline/bot/store"
)

const (
	// beatEvery keeps proxies from closing a quiet stream.
	beatEvery = 15 * time.Second
	// lookEvery is how often the timeline is read when no signal came: a lost
	// signal delays a message, it never loses one.
	lookEvery = 5 * time.Second
)

// stream sends what is new in the visitor's conversation, from the number the
// page saw last. Messages carry that number as their id, so that a page that
// reconnects, even to another process, continues where it was.
func (s *Site) stream(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.known {
		return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "webchat: stream without a visitor")
	}
	wake, stop := s.Watch(v.Institution.ID, v.conversation.ID)
	defer stop()
	p := &phone{Site: s, visit: v, after: lastSeen(r)}
	news, err := p.look(r.Context())
	if err != nil {
		return err
	}
	events := pages.NewEvents(w)
	beat, look := time.NewTicker(beatEvery), time.NewTicker(lookEvery)
	defer beat.Stop()
	defer look.Stop()
	for {
		// When the browser is gone or the database away the stream ends; the page
		// comes back with the last number it has.
		if p.send(events, news) != nil {
			return nil
		}
		if len(news.Messages) < shownAtOnce {
			select {
			case <-r.Context().Done():
				return nil
			case <-beat.C:
				if events.Beat() != nil {
					return nil
				}
			case <-look.C:
			case <-wake:
			}
		}
		if news, err = p.look(r.Context()); err != nil {
			return nil
		}
	}
}

// phone is what one open page has been shown.
type phone struct {
	*Site
	*visit
	after  int64
	status string // who answers, as the page says it
	typing string // "on" or "off", "" before the first
}

type news struct {
	store.Timeline
	roles map[bot.StaffID]bot.Role
}

func (p *phone) look(ctx context.Context) (n news, err error) {
	p.now = p.Now()
	if p.session != "" {
		if _, err := p.Store.SessionConversation(ctx, p.Institution.ID, p.session, p.now); err != nil {
			return n, err
		}
	}
	if n.Timeline, err = p.Store.Timeline(ctx, p.Institution.ID, p.conversation.ID, p.after, shownAtOnce); err != nil {
		return n, err
	}
	n.roles, err = p.roles(ctx, p.visit, n.Messages)
	return n, err
}

// send writes new messages, then what changed around them.
func (p *phone) send(events *pages.Events, n news) error {
	for _, m := range n.Messages {
		var html bytes.Buffer
		if err := p.templates.ExecuteTemplate(&html, "message", view(p.visit, m, n.roles)); err != nil {
			return err
		}
		if err := events.Send("message", m.Number, html.String()); err != nil {
			return err
		}
		p.after = m.Number
	}
	status, writing := p.Say("status-assistant"), "off"
	if !n.Conversation.Owner.Bot() {
		status = p.Say("status-human")
	}
	if typing(n.Timeline) {
		writing = "on"
	}
	if status != p.status {
		if err := events.Send("status", 0, status); err != nil {
			return err
		}
	}
	if writing != p.typing {
		if err := events.Send("typing", 0, writing); err != nil {
			return err
		}
	}
	p.status, p.typing = status, writing
	return nil
}

// lastSeen is the newest number the page has: the browser's own header when it
// reconnects, the page's parameter when it connects.
func lastSeen(r *http.Request) int64 {
	query, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	header, _ := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64)
	return max(query, header, 0)
}
