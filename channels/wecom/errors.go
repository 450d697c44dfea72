package wecom

import (
	"errors"
	"net/http"
	"time"

	"careline/channels"
	"careline/channels/weixin"
)

// Error codes that are told apart (document 90313).
const (
	codeBusy         = -1
	codeValue        = 40058 // a parameter is not as documented
	codeNoAccount    = 95004 // no such open_kfid
	codeMsgToken     = 95007 // the token of a callback has ended
	codeSessionEnded = 95013
	codeNotAServicer = 95014 // not on duty, or not activated in WeCom
	codeSwitchedOff  = 95017 // the interfaces of customer service are off in the console
	codeState        = 95018 // send_msg: a person has the session, or it has ended
)

// configuration is a code about settings or rights: the operator must act, and
// until then every part meets it again.
var configuration = channels.SendError{Kind: channels.Later, After: 10 * time.Minute, Operator: true}

// codeMeans is what a code says about a send.
var codeMeans = map[int]channels.SendError{
	codeBusy:  {Kind: channels.Retry},
	40001:     {Kind: channels.Later, After: time.Minute, Operator: true}, // the secret is wrong, or the token after it was replaced
	40014:     {Kind: channels.Later, After: time.Minute, Operator: true}, // the token is wrong, after it was replaced
	42001:     {Kind: channels.Later, After: time.Minute, Operator: true}, // the token has ended, after it was replaced
	40013:     configuration,                                              // no such CorpID
	codeValue: {Kind: channels.Never},
	40096:     {Kind: channels.Never},                                     // no such patient
	40201:     configuration,                                              // the account was blocked for sensitive content
	45002:     {Kind: channels.Never},                                     // the text is too long
	45009:     {Kind: channels.Later, After: time.Minute, Operator: true}, // too many calls
	45033:     {Kind: channels.Later, After: 5 * time.Second},             // too many calls at once
	48002:     configuration,                                              // the application may not call this interface
	60020:     configuration,                                              // our address is not on the list of trusted ones
	95000:     configuration,                                              // no open_kfid
	95001:     {Kind: channels.Hold},                                      // five messages were sent
	95002:     {Kind: channels.Hold, Closed: true},                        // 48 hours are over
	95003:     configuration,                                              // too many patients for a company that is not verified
	95011:     configuration,                                              // customer service is used in WeCom itself
	95012:     configuration,                                              // customer service is not used in WeCom

	codeSessionEnded: {Kind: channels.Hold, Closed: true},
	codeNoAccount:    configuration,
	codeSwitchedOff:  configuration,
	codeState:        {Kind: channels.Hold},
}

// codeOf is the platform's error code in err's chain, 0 if there is none.
func codeOf(err error) int {
	if e, ok := errors.AsType[*weixin.Error](err); ok {
		return e.Code
	}
	return 0
}

// gateway is how long a call waits when something that is not the platform's API
// answers in its place.
const gateway = 10 * time.Minute

// sendError says what to do about a failed send. A code that is not in the table
// is a refusal all the same: nothing was shown, and again it would be refused.
func sendError(err error) *channels.SendError {
	if refused, ok := errors.AsType[*weixin.Error](err); ok {
		means, known := codeMeans[refused.Code]
		if !known {
			means = channels.SendError{Kind: channels.Never, Operator: true}
		}
		means.Err = err
		return &means
	}
	f, ok := errors.AsType[*weixin.Failure](err)
	switch {
	case !ok:
		return &channels.SendError{Kind: channels.Unknown, Err: err}
	case f.Status >= http.StatusInternalServerError:
		return &channels.SendError{Kind: channels.Retry, Err: err}
	case f.Status != 0 && f.Status != http.StatusOK:
		return &channels.SendError{Kind: channels.Later, After: gateway, Operator: true, Err: err}
	case f.Written:
		return &channels.SendError{Kind: channels.Unknown, Err: err}
	}
	return &channels.SendError{Kind: channels.Retry, Err: err}
}

// repeatable is sendError for a call that may be made again without harm: one that
// shows nothing, or that carries a msgid.
func repeatable(err error) *channels.SendError {
	e := sendError(err)
	if e.Kind == channels.Unknown {
		e.Kind = channels.Retry
	}
	return e
}

// mayBeUsed reports whether a code may mean that the msgid was used before.
func mayBeUsed(code int) bool {
	_, known := codeMeans[code]
	return code != 0 && !known || code == codeValue
}
