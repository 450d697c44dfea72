package wechat

import (
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"careline/channels"
	"careline/channels/weixin"
)

//go:embed errors.yaml
var errorsFile []byte

// codeTooLong is the platform's answer to a text beyond its limit.
const codeTooLong = 45002

// Verdict is what an error code of the platform means to us.
type Verdict struct {
	Codes    []int
	Kind     channels.SendKind
	After    time.Duration
	Closed   bool
	Operator bool
	Means    string
	Do       string // what to do in WeChat's console, where something can be done
}

type errorTable map[int]Verdict

func readErrors() (errorTable, error) {
	var all []Verdict
	if err := yaml.UnmarshalWithOptions(errorsFile, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("wechat: errors.yaml: %w", err)
	}
	table := errorTable{}
	for _, v := range all {
		for _, code := range v.Codes {
			if _, twice := table[code]; twice {
				return nil, fmt.Errorf("wechat: errors.yaml: code %d stands there twice", code)
			}
			table[code] = v
		}
	}
	return table, nil
}

// of is the verdict on a code. What we do not know was not delivered, and sending
// it again would bring the same answer.
func (t errorTable) of(code int) Verdict {
	if v, ok := t[code]; ok {
		return v
	}
	return Verdict{Kind: channels.Never, Operator: true, Means: "a code that is not in our table"}
}

// Explain is what an error of the API means and what to do about it in WeChat's
// console, as sentences for the operator.
func (a *Adapter) Explain(err error) string {
	e, ok := errors.AsType[*weixin.Error](err)
	if !ok {
		return "WeChat's API gives no answer. This machine must reach it over HTTPS."
	}
	v := a.errors.of(e.Code)
	text := fmt.Sprintf("WeChat answers %d to %s: %s", e.Code, e.Call, v.Means)
	if e.From.IsValid() {
		text += fmt.Sprintf(" (WeChat sees %s)", e.From)
	}
	text += "."
	if v.Do != "" {
		text += " " + v.Do
	}
	return text
}

// Misconfigured reports whether an error of the API is the account's own, and not
// about the person or the moment of the call.
func (a *Adapter) Misconfigured(err error) bool {
	e, ok := errors.AsType[*weixin.Error](err)
	return !ok && err != nil || ok && a.errors.of(e.Code).Operator
}

// gateway is how long a call is left alone when something that is not the API
// answers in its place.
const gateway = 10 * time.Minute

// sendError says what to do about an error of the client; nil for nil.
func (t errorTable) sendError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*channels.SendError](err); ok {
		return err
	}
	if e, ok := errors.AsType[*weixin.Error](err); ok {
		v := t.of(e.Code)
		return &channels.SendError{Kind: v.Kind, After: v.After, Closed: v.Closed, Operator: v.Operator, Err: fmt.Errorf("%w: %s", err, v.Means)}
	}
	f, ok := errors.AsType[*weixin.Failure](err)
	switch {
	case !ok:
		return &channels.SendError{Kind: channels.Unknown, Err: err}
	case f.Status >= http.StatusInternalServerError:
		return &channels.SendError{Kind: channels.Retry, Err: err}
	case f.Status == http.StatusTooManyRequests:
		return &channels.SendError{Kind: channels.Later, After: time.Minute, Operator: true, Err: err}
	case f.Status != 0 && f.Status != http.StatusOK:
		return &channels.SendError{Kind: channels.Later, After: gateway, Operator: true, Err: err}
	case f.Written:
		return &channels.SendError{Kind: channels.Unknown, Err: err}
	}
	return &channels.SendError{Kind: channels.Retry, Err: err}
}

// pause leaves a call alone after an error that concerns the whole account, so
// that a quota or a wrong setting is not run against with every message.
type pause struct {
	mu    sync.Mutex
	until time.Time
}

var errPaused = errors.New("wechat: the call is left alone after an error that concerns the account")

// check refuses while the pause lasts; what is urgent tries all the same.
func (p *pause) check(urgent bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := time.Until(p.until); left > 0 && !urgent {
		return &channels.SendError{Kind: channels.Later, After: left, Err: errPaused}
	}
	return nil
}

// after begins a pause where err asks for one, and ends it when a call went well.
func (p *pause) after(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.until = time.Time{}
	} else if e, ok := errors.AsType[*channels.SendError](err); ok && e.Kind == channels.Later {
		p.until = time.Now().Add(e.After)
	}
	return err
}
