package wecomtest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/silenceper/wechat/v2/util"
)

// Callback is the request with which the platform says that there is something to
// pull, signed and encrypted, to be sent to a URL.
func (p *Platform) Callback(target string) (*http.Request, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.now()
	plain := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><CreateTime>%d</CreateTime><MsgType><![CDATA[event]]></MsgType>"+
		"<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[%s]]></Token><OpenKfId><![CDATA[%s]]></OpenKfId></xml>",
		p.Account.CorpID, at.Unix(), p.id("pull-"), p.Account.OpenKFID)
	encrypted, query, err := p.seal(plain)
	if err != nil {
		return nil, err
	}
	body := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><AgentID></AgentID><Encrypt><![CDATA[%s]]></Encrypt></xml>", p.Account.CorpID, encrypted)
	return http.NewRequest(http.MethodPost, target+"?"+query.Encode(), bytes.NewReader([]byte(body)))
}

// CheckURL is the request with which the console checks a callback URL; echo is
// what it must be answered with.
func (p *Platform) CheckURL(target, echo string) (*http.Request, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	encrypted, query, err := p.seal(echo)
	if err != nil {
		return nil, err
	}
	query.Set("echostr", encrypted)
	return http.NewRequest(http.MethodGet, target+"?"+query.Encode(), nil)
}

func (p *Platform) seal(plain string) (encrypted string, query url.Values, err error) {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	raw, err := util.EncryptMsg(random, []byte(plain), p.Account.CorpID, p.Account.AESKey)
	if err != nil {
		return "", nil, fmt.Errorf("wecomtest: seal: %w", err)
	}
	encrypted = string(raw)
	at, nonce := strconv.FormatInt(p.now().Unix(), 10), rand.Text()
	return encrypted, url.Values{"timestamp": {at}, "nonce": {nonce}, "msg_signature": {util.Signature(p.Account.Token, at, nonce, encrypted)}}, nil
}
