package wecomtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// The states of a session (document 94669).
const (
	fresh = iota
	withAssistant
	inPool
	withServicer
	ended

	anyState = -1
)

// mayBecome says to which states the interface may change a session. No way leads
// from people back to the assistant.
var mayBecome = map[int][]int{
	fresh:         {withAssistant, inPool, withServicer, ended},
	withAssistant: {inPool, withServicer, ended},
	inPool:        {withServicer, ended},
	withServicer:  {withServicer, ended},
}

// State is who has a patient's session: 0 nobody yet, 1 the assistant, 2 the pool,
// 3 the servicer, 4 ended.
func (p *Platform) State(external string) (state int, servicer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session(external)
	return s.state, s.servicer
}

type stateRequest struct {
	OpenKFID string `json:"open_kfid"`
	External string `json:"external_userid"`
	State    int    `json:"service_state"`
	Servicer string `json:"servicer_userid"`
}

func (p *Platform) getState(r *http.Request) (any, int) {
	_, s, code := p.stateOf(r)
	if code != 0 {
		return nil, code
	}
	return map[string]any{"service_state": s.state, "servicer_userid": s.servicer}, 0
}

func (p *Platform) stateOf(r *http.Request) (in stateRequest, s *session, code int) {
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		return in, nil, badValue
	}
	s, known := p.sessions[in.External]
	switch {
	case in.OpenKFID != p.Account.OpenKFID:
		return in, nil, noAccount
	case !known:
		return in, nil, noPatient
	}
	return in, s, 0
}

func (p *Platform) changeState(r *http.Request) (any, int) {
	in, s, code := p.stateOf(r)
	switch {
	case code != 0:
		return nil, code
	case s.state == ended:
		return nil, isEnded
	case !slices.Contains(mayBecome[s.state], in.State):
		return nil, badChange
	case in.State == withServicer && in.Servicer == "":
		return nil, noServicer
	}
	s.state, s.servicer = in.State, in.Servicer
	answer := map[string]any{}
	if in.State == inPool || in.State == withServicer {
		answer["msg_code"] = p.code(in.External, in.State, 48*time.Hour)
	}
	return answer, 0
}
