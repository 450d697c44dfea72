package wecomtest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"time"
)

// textBytes is the longest text of a message.
const textBytes = 2048

var msgidShape = regexp.MustCompile(`^[0-9a-zA-Z_-]{0,32}$`)

type sendRequest struct {
	To       string `json:"touser"`
	OpenKFID string `json:"open_kfid"`
	Code     string `json:"code"`
	MsgID    string `json:"msgid"`
	Kind     string `json:"msgtype"`
	Text     struct {
		Content string `json:"content"`
	} `json:"text"`
}

// check is what both ways of sending refuse. A msgid works once: the document says
// that another message with it is an error, not which.
func (p *Platform) check(r *http.Request) (in sendRequest, code int) {
	err := json.NewDecoder(r.Body).Decode(&in)
	switch {
	case err != nil || in.Kind != "text" || in.Text.Content == "" || !msgidShape.MatchString(in.MsgID):
		return in, badValue
	case len(in.Text.Content) > textBytes:
		return in, tooLong
	case p.used[in.MsgID]:
		return in, badValue
	}
	return in, 0
}

func (p *Platform) send(r *http.Request) (any, int) {
	in, code := p.check(r)
	if code != 0 {
		return nil, code
	}
	s, known := p.sessions[in.To]
	switch {
	case in.OpenKFID != p.Account.OpenKFID:
		return nil, noAccount
	case !known:
		return nil, noPatient
	case s.state != fresh && s.state != withAssistant:
		return nil, badState
	case p.now().Sub(s.wroteAt) > window:
		return nil, tooLate
	case s.left == 0:
		return nil, tooMany
	}
	s.left--
	return p.show(s, in), 0
}

func (p *Platform) show(s *session, in sendRequest) any {
	if in.MsgID == "" {
		in.MsgID = p.id("sent-")
	}
	p.used[in.MsgID] = true
	s.shown = append(s.shown, Message{ID: in.MsgID, Text: in.Text.Content, At: p.now(), Code: in.Code})
	return map[string]any{"errcode": 0, "errmsg": "ok", "msgid": in.MsgID}
}

// eventCode lets one text leave (document 96428).
type eventCode struct {
	external string
	state    int
	until    time.Time
}

func (p *Platform) code(external string, state int, lives time.Duration) string {
	value := p.id("code-")
	p.codes[value] = eventCode{external, state, p.now().Add(lives)}
	return value
}

func (p *Platform) sendOnEvent(r *http.Request) (any, int) {
	in, code := p.check(r)
	if code != 0 {
		return nil, code
	}
	c, known := p.codes[in.Code]
	if !known || !p.now().Before(c.until) {
		return nil, badValue
	}
	s := p.session(c.external)
	if c.state != anyState && c.state != s.state {
		return nil, badState
	}
	delete(p.codes, in.Code)
	s.greeted = true
	return p.show(s, in), 0
}

// Use marks a msgid as used, as another installation on the account would have.
func (p *Platform) Use(msgid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used[msgid] = true
}
