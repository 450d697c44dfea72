package wechattest

import "time"

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
