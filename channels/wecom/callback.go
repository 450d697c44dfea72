package wecom

import (
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"careline/channels/weixin"
)

// Callback answers the platform's callbacks of an enterprise. They carry no
// messages, only that there is something to pull; so whatever becomes of them,
// nothing is lost: the puller also looks by itself.
type Callback struct {
	Envelope *weixin.Envelope
	// Wake pulls what an account has received; token lifts the limit on pulling
	// for ten minutes.
	Wake func(openKFID, token string)
	Now  func() time.Time
	Log  *slog.Logger

	seldom rate.Sometimes // whoever forges callbacks must not fill the log
}

// NewCallback is ready to serve.
func NewCallback(e *weixin.Envelope, wake func(openKFID, token string), now func() time.Time, log *slog.Logger) *Callback {
	return &Callback{Envelope: e, Wake: wake, Now: now, Log: log, seldom: rate.Sometimes{First: 10, Interval: time.Second}}
}

// ServeHTTP checks the URL for the console (GET) and takes callbacks (POST).
func (c *Callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		echo, err := c.Envelope.Verify(r, c.Now())
		c.answer(w, echo, err)
	case http.MethodPost:
		plain, err := c.Envelope.Open(r, c.Now())
		if err == nil {
			c.notice(plain)
		}
		c.answer(w, []byte("success"), err)
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	}
}

// answer tells a forger nothing but that it is one.
func (c *Callback) answer(w http.ResponseWriter, body []byte, refused error) {
	if refused != nil {
		c.seldom.Do(func() { c.Log.Warn("a callback of WeCom is refused", "why", refused) })
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, string(body))
}

// notice wakes the puller of the account that is named. Other events of the
// enterprise are not ours.
func (c *Callback) notice(plain []byte) {
	var n struct {
		Event    string `xml:"Event"`
		Token    string `xml:"Token"`
		OpenKFID string `xml:"OpenKfId"`
	}
	if xml.Unmarshal(plain, &n) == nil && n.Event == "kf_msg_or_event" {
		c.Wake(n.OpenKFID, n.Token)
	}
}
