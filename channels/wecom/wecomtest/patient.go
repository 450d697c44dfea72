package wecomtest

import (
	"encoding/json"
	"maps"
	"time"
)

// perMessage and window are what a patient's message lets the enterprise send.
const (
	perMessage = 5
	window     = 48 * time.Hour
)

// Write sends a patient's text and returns its msgid.
func (p *Platform) Write(external, text string) string {
	return p.Post(external, "text", map[string]any{"content": text})
}

// Tap sends the choice of a menu message.
func (p *Platform) Tap(external, choice, text string) string {
	return p.Post(external, "text", map[string]any{"content": text, "menu_id": choice})
}

// Picture, with the bytes behind it, is a patient's image.
func (p *Platform) Picture(external string, content []byte) (mediaID string) {
	p.mu.Lock()
	mediaID = p.id("media-")
	p.media[mediaID] = content
	p.mu.Unlock()
	p.Post(external, "image", map[string]any{"media_id": mediaID})
	return mediaID
}

// Post sends a patient's message of a kind, with the object that kind carries.
func (p *Platform) Post(external, kind string, content any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session(external)
	if s.state == ended || p.now().Sub(s.wroteAt) > window {
		s.state, s.servicer = fresh, ""
	}
	s.wroteAt, s.left = p.now(), perMessage
	return p.add(map[string]any{"open_kfid": p.Account.OpenKFID, "external_userid": external, "origin": 3, "msgtype": kind, kind: content})
}

// Enter opens the chat by a link that carries a scene parameter, which may be
// empty. The event has a welcome code when the patient may be greeted.
func (p *Platform) Enter(external, scene string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := map[string]any{"scene_param": scene}
	if s := p.session(external); !s.greeted && s.wroteAt.IsZero() {
		e["welcome_code"] = p.code(external, anyState, 20*time.Second)
	}
	p.event("enter_session", external, e)
}

// Recall takes a patient's message back.
func (p *Platform) Recall(external, msgid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.event("user_recall_msg", external, map[string]any{"recall_msgid": msgid})
}

// Undelivered tells that a message which was taken could not be delivered.
func (p *Platform) Undelivered(external, msgid string, reason int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.event("msg_send_fail", external, map[string]any{"fail_msgid": msgid, "fail_type": reason})
}

func (p *Platform) event(kind, external string, more map[string]any) {
	e := map[string]any{"event_type": kind, "open_kfid": p.Account.OpenKFID, "external_userid": external}
	maps.Copy(e, more)
	p.add(map[string]any{"origin": 4, "msgtype": "event", "event": e})
}

// add puts an item where sync_msg finds it.
func (p *Platform) add(item map[string]any) string {
	id := p.id("msg-")
	item["msgid"], item["send_time"] = id, p.now().Unix()
	raw, err := json.Marshal(item)
	if err != nil {
		panic(err) // a test gave something that is no JSON
	}
	p.items = append(p.items, raw)
	return id
}

// Raw puts an item there as it stands.
func (p *Platform) Raw(item string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items = append(p.items, json.RawMessage(item))
}
