package wechattest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// deliveries of one message at most, by the platform's documents.
const deliveries = 3

// outOfService is what a phone shows when the account does not answer.
const outOfService = "该公众号提供的服务出现故障，请稍后再试"

// Delivery is what came of telling the account what a person did.
type Delivery struct {
	Message  int64  // its MsgId, 0 for an event
	Plain    []byte // the message itself, before it was sealed
	Attempts int
	Status   int    // of the last answer, 0 if there was none
	Reply    string // the passive reply's text
	Err      error  // nil when the account accepted it

	openid string
	twice  bool
}

// Accepted reports whether the account answered as it should.
func (d Delivery) Accepted() bool { return d.Err == nil }

// Duplicate delivers each of the next n messages a second time after it was accepted.
func (p *Platform) Duplicate(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.twice += n
}

// Again delivers what was delivered once more: the same message, sealed anew.
func (p *Platform) Again(d Delivery) Delivery {
	return p.deliver(Delivery{Message: d.Message, Plain: d.Plain, openid: d.openid})
}

// deliver tells the account, three times at most, and puts what comes of it on the phone.
func (p *Platform) deliver(d Delivery) Delivery {
	if d.Err != nil {
		return d
	}
	for d.Attempts = 1; ; d.Attempts++ {
		started := time.Now()
		var again bool
		d.Status, d.Reply, again, d.Err = p.attempt(d)
		p.told(d.Status)
		if !again || d.Attempts == deliveries || p.ctx.Err() != nil {
			break
		}
		select {
		case <-time.After(p.patience - time.Since(started)):
		case <-p.ctx.Done():
		}
	}
	p.showOutcome(d)
	if d.twice {
		p.Again(d)
	}
	return d
}

func (p *Platform) showOutcome(d Delivery) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[d.openid]
	if d.Err != nil && who != nil && who.follows {
		p.show(who, Message{By: ByPlatform, Kind: "event", Text: outOfService})
	}
	if d.Reply != "" && who != nil {
		p.show(who, Message{By: ByReply, Kind: "text", Text: d.Reply})
	}
}

func (p *Platform) told(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.record(Logged{What: "callback", Code: status, Lost: status == 0, Delivery: true})
}

// attempt is one delivery. It may be tried again where the account did not answer in
// time, or said that it cannot now.
func (p *Platform) attempt(d Delivery) (status int, text string, again bool, err error) {
	response, err := p.post(d)
	if err != nil {
		return 0, "", true, errors.New("wechattest: the account did not answer")
	}
	if response.status != http.StatusOK {
		return response.status, "", true, fmt.Errorf("wechattest: the account answered HTTP %d", response.status)
	}
	body := bytes.TrimSpace(response.body)
	if len(body) == 0 || string(body) == "success" {
		return response.status, "", false, nil
	}
	r, err := p.open(body, d.openid)
	if err == nil && (r.Kind != "text" || strings.TrimSpace(r.Text) == "") {
		err = errors.New("wechattest: the reply is no text")
	}
	return response.status, r.Text, false, err
}

type response struct {
	status int
	body   []byte
}

func (p *Platform) post(d Delivery) (response, error) {
	query, body, err := p.Seal(d.openid, d.Plain, p.base())
	if err != nil {
		return response{}, err
	}
	p.mu.Lock()
	address := p.callback
	p.mu.Unlock()
	if address == "" {
		return response{}, errors.New("wechattest: no callback is set")
	}
	ctx, cancel := context.WithTimeout(p.ctx, p.patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return response{}, err
	}
	r.Header.Set("Content-Type", "text/xml")
	r.Header.Set("User-Agent", "Mozilla/4.0")
	answer, err := p.client.Do(r)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return response{answer.StatusCode, read}, err
}
