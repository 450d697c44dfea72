package wecomtest

import "time"

// Take is a servicer who takes a session in the WeCom app.
func (p *Platform) Take(external, servicer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session(external)
	s.state, s.servicer = withServicer, servicer
	p.event("session_status_change", external, map[string]any{
		"change_type": 1, "new_servicer_userid": servicer, "msg_code": p.code(external, withServicer, 48*time.Hour),
	})
}

// End is a servicer who ends a session in the WeCom app.
func (p *Platform) End(external string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session(external)
	p.event("session_status_change", external, map[string]any{"change_type": 3, "old_servicer_userid": s.servicer})
	s.state, s.servicer = ended, ""
}

// Expire ends a session as the platform does after 48 hours: nobody is told.
func (p *Platform) Expire(external string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session(external)
	s.state, s.servicer = ended, ""
}

// Answer is a servicer's message in the WeCom app.
func (p *Platform) Answer(external, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session(external)
	p.add(map[string]any{"open_kfid": p.Account.OpenKFID, "external_userid": external, "servicer_userid": s.servicer,
		"origin": 5, "msgtype": "text", "text": map[string]any{"content": text}})
}
