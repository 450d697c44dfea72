package wechattest

type userAnswer struct {
	Follows  int    `json:"subscribe"`
	OpenID   string `json:"openid"`
	Language string `json:"language,omitempty"`
	Since    int64  `json:"subscribe_time,omitempty"`
	How      string `json:"subscribe_scene,omitempty"`
	Scene    string `json:"qr_scene_str"`
}

// userInfo is GET /cgi-bin/user/info. The platform no longer tells names or pictures.
func (p *Platform) userInfo(c call) (any, int) {
	openid := c.URL.Query().Get("openid")
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[openid]
	switch {
	case openid == "":
		return nil, codeNoOpenID
	case who == nil:
		return nil, codeBadOpenID
	case !who.follows:
		return userAnswer{OpenID: openid}, codeOK
	}
	how := "ADD_SCENE_SEARCH"
	if who.scene != "" {
		how = "ADD_SCENE_QR_CODE"
	}
	return userAnswer{1, openid, "zh_CN", who.since.Unix(), how, who.scene}, codeOK
}

type addressAnswer struct {
	Addresses []string `json:"ip_list"`
}

// addresses is GET /cgi-bin/get_api_domain_ip and /cgi-bin/getcallbackip.
func (p *Platform) addresses(call) (any, int) { return addressAnswer{[]string{"127.0.0.1"}}, codeOK }
