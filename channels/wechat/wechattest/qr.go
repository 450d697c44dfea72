package wechattest

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"
)

// The limits of codes, by the platform's documents.
const (
	codeLife     = time.Minute // where none is asked for
	longestCode  = 30 * 24 * time.Hour
	longestScene = 64
)

const qrAddress = "http://weixin.qq.com/q/"

// ticket stands for a code the account made.
type ticket struct {
	scene   string
	address string    // what the code says to a phone
	until   time.Time // zero: for ever
}

func (t ticket) valid(now time.Time) bool { return t.until.IsZero() || now.Before(t.until) }

type qrRequest struct {
	Expires int64  `json:"expire_seconds"`
	Action  string `json:"action_name"`
	Info    struct {
		Scene struct {
			Text string `json:"scene_str"`
			ID   int    `json:"scene_id"`
		} `json:"scene"`
	} `json:"action_info"`
}

type qrAnswer struct {
	Ticket  string `json:"ticket"`
	Expires int64  `json:"expire_seconds,omitempty"`
	URL     string `json:"url"`
}

// qrCreate is POST /cgi-bin/qrcode/create.
func (p *Platform) qrCreate(c call) (any, int) {
	var in qrRequest
	if code := c.read(&in); code != codeOK {
		return nil, code
	}
	scene := in.Info.Scene.Text
	switch in.Action {
	case "QR_STR_SCENE", "QR_LIMIT_STR_SCENE":
	case "QR_SCENE", "QR_LIMIT_SCENE":
		scene = strconv.Itoa(in.Info.Scene.ID)
	default:
		return nil, codeBadAction
	}
	if scene == "" || scene == "0" || len(scene) > longestScene {
		return nil, codeBadScene
	}
	life := min(time.Duration(in.Expires)*time.Second, longestCode)
	if life <= 0 {
		life = codeLife
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t := ticket{scene: scene, address: qrAddress + random(22), until: p.now().Add(life)}
	if strings.HasPrefix(in.Action, "QR_LIMIT") {
		t.until, life = time.Time{}, 0
	}
	id := "gQ" + random(90)
	p.tickets[id] = t
	return qrAnswer{id, int64(life / time.Second), t.address}, codeOK
}

// showQR is GET /cgi-bin/showqrcode: the picture of a ticket's code.
func (p *Platform) showQR(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	t, ok := p.tickets[r.URL.Query().Get("ticket")]
	p.mu.Unlock()
	code, err := qr.Encode(t.address, qr.M)
	if !ok || err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(code.PNG())
}

func (p *Platform) ticketOf(scene string) *cdata {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, t := range p.tickets {
		if t.scene == scene && t.valid(p.now()) {
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
	expired := false
	for _, t := range p.tickets {
		if t.address != code && t.scene != code {
			continue
		}
		if t.valid(p.now()) {
			return t.scene, nil
		}
		expired = true
	}
	if expired {
		return "", errors.New("wechattest: the code has expired")
	}
	if code == "" || strings.HasPrefix(code, qrAddress) {
		return "", errors.New("wechattest: no such code")
	}
	return code, nil
}
