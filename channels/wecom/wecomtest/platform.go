// Package wecomtest is a WeCom platform for tests: customer service with tokens,
// pages, quotas, session states, callbacks, faults and a clock. It keeps the rules
// of the documents package wecom names, and nothing else.
package wecomtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Account is one customer-service account and the settings of its enterprise, as
// the console shows them.
type Account struct {
	CorpID, Secret string
	Token, AESKey  string // of the callback
	OpenKFID, Name string
}

// Invented is an account nobody has.
var Invented = Account{
	CorpID: "ww0000000000000000", Secret: "not-a-secret-of-wecom",
	Token: "callback-token", AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	OpenKFID: "wk-reports", Name: "报告咨询",
}

// Message is one that a patient sees.
type Message struct {
	ID   string
	Text string
	At   time.Time
	Code string // of the event that let it leave; empty: an ordinary message
}

// Platform is the other side. Its zero fields are set by New.
type Platform struct {
	Account  Account
	PageSize int // items of a page at most

	mu       sync.Mutex
	now      func() time.Time
	tokens   map[string]time.Time // until when each is good
	items    []json.RawMessage
	sessions map[string]*session // by the patient's external_userid
	used     map[string]bool     // msgids
	codes    map[string]eventCode
	media    map[string][]byte
	faults   map[string][]Fault
	calls    map[string]int
	busy     int
	busiest  int
	count    int
}

// session is what the platform knows of one patient.
type session struct {
	state    int
	servicer string
	wroteAt  time.Time
	left     int // messages that may still be sent
	greeted  bool
	shown    []Message
}

// New returns a platform whose clock starts at now and moves by Advance.
func New(a Account, now time.Time) *Platform {
	p := &Platform{
		Account: a, PageSize: 1000, now: func() time.Time { return now },
		tokens: map[string]time.Time{}, sessions: map[string]*session{}, used: map[string]bool{}, codes: map[string]eventCode{},
		media: map[string][]byte{}, faults: map[string][]Fault{}, calls: map[string]int{},
	}
	return p
}

// Now is the platform's time.
func (p *Platform) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now()
}

// Advance moves the clock.
func (p *Platform) Advance(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.now().Add(d)
	p.now = func() time.Time { return at }
}

// Calls is how often an interface was called, such as "kf/send_msg".
func (p *Platform) Calls(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[name]
}

// Busiest is how many sync_msg calls ran at the same time at most.
func (p *Platform) Busiest() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.busiest
}

// Shown is what a patient has been sent, in order.
func (p *Platform) Shown(external string) []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Message(nil), p.session(external).shown...)
}

// id makes a name that was not given before.
func (p *Platform) id(prefix string) string {
	p.count++
	return fmt.Sprintf("%s%d", prefix, p.count)
}

func (p *Platform) session(external string) *session {
	s, ok := p.sessions[external]
	if !ok {
		s = &session{state: ended}
		p.sessions[external] = s
	}
	return s
}

// ServeHTTP is the platform's API.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := trimCall(r.URL.Path)
	fault := p.begin(name)
	defer p.end(name)
	if fault.First != nil {
		fault.First()
	}
	time.Sleep(fault.Wait)
	if fault.Status != 0 {
		w.WriteHeader(fault.Status)
		return
	}
	if fault.Code != 0 {
		refuse(w, fault.Code)
		return
	}
	answer, code := p.call(name, r)
	if fault.Lost {
		panic(http.ErrAbortHandler)
	}
	if raw, ok := answer.([]byte); ok {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(raw)
		return
	}
	if code != 0 {
		refuse(w, code)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(answer)
}

// refuse answers as the platform does, which repeats things in its text.
func refuse(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	fmt.Fprintf(w, `{"errcode":%d,"errmsg":"refused, hint: [%d], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=%d"}`, code, code, code)
}

func (p *Platform) call(name string, r *http.Request) (answer any, code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name == "gettoken" {
		return p.gettoken(r)
	}
	if code := p.checkToken(r.URL.Query().Get("access_token")); code != 0 {
		return nil, code
	}
	switch name {
	case "kf/sync_msg":
		return p.sync(r)
	case "kf/send_msg":
		return p.send(r)
	case "kf/send_msg_on_event":
		return p.sendOnEvent(r)
	case "kf/service_state/get":
		return p.getState(r)
	case "kf/service_state/trans":
		return p.changeState(r)
	case "kf/account/list":
		return map[string]any{"account_list": []map[string]any{{"open_kfid": p.Account.OpenKFID, "name": p.Account.Name, "manage_privilege": true}}}, 0
	case "media/get":
		if raw, ok := p.media[r.URL.Query().Get("media_id")]; ok {
			return raw, 0
		}
		return nil, noMedia
	}
	return nil, noCall
}
