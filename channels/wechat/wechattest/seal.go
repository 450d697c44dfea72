package wechattest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"
)

// Seal encrypts and signs a message as the platform does: the query and the body of
// a delivery at time at.
func (p *Platform) Seal(openid string, plain []byte, at time.Time) (url.Values, []byte, error) {
	encrypted, err := util.EncryptMsg([]byte(random(16)), plain, p.AppID, p.AESKey)
	if err != nil {
		return nil, nil, errors.New("wechattest: seal: the AES key is unusable")
	}
	timestamp, nonce := strconv.FormatInt(at.Unix(), 10), strconv.FormatInt(at.UnixNano()%1_000_000_000, 10)
	query := url.Values{
		"signature":     {util.Signature(p.Token, timestamp, nonce)},
		"timestamp":     {timestamp},
		"nonce":         {nonce},
		"openid":        {openid},
		"encrypt_type":  {"aes"},
		"msg_signature": {util.Signature(p.Token, timestamp, nonce, string(encrypted))},
	}
	body := fmt.Sprintf("<xml>\n<ToUserName><![CDATA[%s]]></ToUserName>\n<Encrypt><![CDATA[%s]]></Encrypt>\n</xml>", p.Account, encrypted)
	return query, []byte(body), nil
}

// open opens a sealed passive reply: its signature, key, AppID and recipient.
func (p *Platform) open(body []byte, openid string) (reply, error) {
	var sealed message.ResponseEncryptedXMLMsg
	if err := xml.Unmarshal(body, &sealed); err != nil || sealed.EncryptedMsg == "" {
		return reply{}, errors.New("wechattest: the reply is not a sealed message")
	}
	if sealed.MsgSignature != util.Signature(p.Token, strconv.FormatInt(sealed.Timestamp, 10), sealed.Nonce, sealed.EncryptedMsg) {
		return reply{}, errors.New("wechattest: the reply's signature is wrong")
	}
	_, plain, err := util.DecryptMsg(p.AppID, sealed.EncryptedMsg, p.AESKey)
	if err != nil {
		return reply{}, errors.New("wechattest: the reply does not open")
	}
	var r reply
	if err := xml.Unmarshal(plain, &r); err != nil {
		return reply{}, errors.New("wechattest: the reply is not XML")
	}
	if r.To != openid || r.From != p.Account {
		return reply{}, errors.New("wechattest: the reply is for somebody else")
	}
	return r, nil
}

// reply is a passive reply.
type reply struct {
	To   string `xml:"ToUserName"`
	From string `xml:"FromUserName"`
	Kind string `xml:"MsgType"`
	Text string `xml:"Content"`
}
