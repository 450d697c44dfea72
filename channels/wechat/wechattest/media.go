package wechattest

import (
	"net/http"
	"strings"
	"time"
)

// mediaLife is how long a person's picture, voice or video can be fetched.
const mediaLife = 3 * 24 * time.Hour

// medium is a picture, voice or video that a person sent.
type medium struct {
	kind    string // image, voice, video
	content []byte
	at      time.Time
}

func (p *Platform) fresh(id string) bool {
	m, ok := p.media[id]
	return ok && p.now().Sub(m.at) < mediaLife
}

func (p *Platform) keep(kind string, content []byte) (id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id = random(64)
	p.media[id] = medium{kind, content, p.now()}
	return id
}

type videoAnswer struct {
	URL string `json:"video_url"`
}

// mediaGet is GET /cgi-bin/media/get: the bytes, or for a video the address of them.
func (p *Platform) mediaGet(c call) (any, int) {
	id := c.URL.Query().Get("media_id")
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.media[id]
	switch {
	case !p.fresh(id):
		return nil, codeBadMedia
	case m.kind == "video":
		return videoAnswer{p.URL + pathContent + id}, codeOK
	}
	return m.file(id), codeOK
}

func (m medium) file(id string) file {
	switch m.kind {
	case "voice":
		return file{"audio/amr", id + ".amr", m.content}
	case "video":
		return file{"video/mp4", id + ".mp4", m.content}
	}
	kind := http.DetectContentType(m.content)
	if !strings.HasPrefix(kind, "image/") {
		kind = "image/jpeg" // what is not one is still called one, as by the platform
	}
	return file{kind, id + ".jpg", m.content}
}

// pathContent serves what people sent to their own phones, and videos to the account.
const pathContent = "/snapshots/"

func (p *Platform) content(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	p.mu.Lock()
	m, fresh := p.media[id], p.fresh(id)
	p.mu.Unlock()
	if !fresh {
		http.NotFound(w, r)
		return
	}
	f := m.file(id)
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(f.content)
}

// SendImage sends a picture.
func (p *Platform) SendImage(openid string, content []byte) Delivery {
	id := p.keep("image", content)
	return p.act(openid, Message{Kind: "image", Media: id},
		delivered{Kind: cdata{"image"}, Picture: text(p.URL + pathContent + id), Media: text(id)}, p.wroteNow)
}

// SendVoice speaks words. As today, the platform recognises none of them.
func (p *Platform) SendVoice(openid, words string) Delivery {
	id := p.keep("voice", Voice(words))
	return p.act(openid, Message{Kind: "voice", Media: id, Text: words},
		delivered{Kind: cdata{"voice"}, Media: text(id), Format: text("amr"), Recognition: text("")}, p.wroteNow)
}

// SendVideo sends a video.
func (p *Platform) SendVideo(openid string, content []byte) Delivery {
	id, thumb := p.keep("video", content), p.keep("image", content)
	return p.act(openid, Message{Kind: "video", Media: id},
		delivered{Kind: cdata{"video"}, Media: text(id), Thumb: text(thumb)}, p.wroteNow)
}
