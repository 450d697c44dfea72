package wechattest

import (
	"bytes"
	"net/http"
	"time"

	"careline/bot/pages"
)

// stream sends the page's parts whenever they look different.
func (f *phone) stream(w http.ResponseWriter, r *http.Request) {
	lang, openid := pages.Language(w, r), f.holds(r)
	events := pages.NewEvents(w)
	clock := time.NewTicker(tick)
	defer clock.Stop()
	var shown []byte
	for quiet := 0; ; quiet++ {
		changed := f.anything()
		var parts bytes.Buffer
		if f.sheets.ExecuteTemplate(&parts, "parts", f.look(openid, lang)) != nil {
			return
		}
		var err error
		if !bytes.Equal(parts.Bytes(), shown) {
			shown, quiet = parts.Bytes(), 0
			err = events.Send("parts", 0, parts.String())
		} else if quiet%15 == 14 {
			err = events.Beat()
		}
		if err != nil {
			return // the browser is gone
		}
		select {
		case <-changed:
		case <-clock.C:
		case <-r.Context().Done():
			return
		case <-f.ctx.Done():
			return
		}
	}
}

// anything is closed when something new is to be seen.
func (f *phone) anything() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}
