package pages

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// writeWithin is how long one event may take to leave before the browser counts as gone.
const writeWithin = 10 * time.Second

// Events writes a stream of server-sent events.
type Events struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// NewEvents begins a stream.
func NewEvents(w http.ResponseWriter) *Events {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return &Events{w, http.NewResponseController(w)}
}

// Send writes one event; an id of 0 leaves the browser's last id as it is.
func (e *Events) Send(name string, id int64, data string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "event: %s\n", name)
	if id > 0 {
		fmt.Fprintf(&b, "id: %d\n", id)
	}
	for line := range strings.Lines(data + "\n") {
		b.WriteString("data: " + strings.TrimRight(line, "\r\n") + "\n")
	}
	b.WriteString("\n")
	return e.write(b.String())
}

// Beat writes a sign of life the page can hear.
func (e *Events) Beat() error { return e.write("event: beat\ndata: 1\n\n") }

func (e *Events) write(text string) error {
	// Not every ResponseWriter of a test has deadlines; a real one does.
	_ = e.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := e.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("pages: event: %w", err)
	}
	if err := e.control.Flush(); err != nil {
		return fmt.Errorf("pages: flush event: %w", err)
	}
	return nil
}
