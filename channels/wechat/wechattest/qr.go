package wechattest

import (
	"errors"
	"strings"
	"time"
)

// ticket stands for a code the account made.
type ticket struct {
	scene   string
	address string    // what the code says to a phone
	until   time.Time // zero: for ever
}

const qrAddress = "http://weixin.qq.com/q/"

func (p *Platform) ticketOf(scene string) *cdata {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, t := range p.tickets {
		if t.scene == scene {
			return text(id)
		}
	}
	return nil
}

// sceneOf is what a code says: of an address the account's ticket decides, anything
// else is a scene printed by somebody.
func (p *Platform) sceneOf(code string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.tickets {
		if t.address != code && t.scene != code {
			continue
		}
		if !t.until.IsZero() && !p.now().Before(t.until) {
			return "", errors.New("wechattest: the code has expired")
		}
		return t.scene, nil
	}
	if code == "" || strings.HasPrefix(code, qrAddress) {
		return "", errors.New("wechattest: no such code")
	}
	return code, nil
}
