// Package weixintest is the platform's side of the encrypted envelope, for tests:
// deliveries made with the SDK, and with implementations that are not ours.
package weixintest

import (
	"bytes"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"careline/channels/weixin"
)

// Account is what the platform knows of an account.
type Account struct {
	Platform weixin.Platform
	Token    string
	AppID    string
	Key      string
}

// Envelope is our side of the account.
func (a Account) Envelope() (*weixin.Envelope, error) {
	return weixin.NewEnvelope(weixin.Envelope{Platform: a.Platform, Token: a.Token, AppID: a.AppID, Keys: []string{a.Key}})
}

// Delivery is a callback before it is posted; tests change it to forge one.
type Delivery struct {
	Query url.Values
	Body  []byte
}

// Deliver makes a delivery of a message in the clear.
func (a Account) Deliver(plain string, at time.Time) (Delivery, error) {
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	encrypted, err := util.EncryptMsg(random, []byte(plain), a.AppID, a.Key)
	if err != nil {
		return Delivery{}, fmt.Errorf("weixintest: %w", err)
	}
	timestamp, nonce := strconv.FormatInt(at.Unix(), 10), "1320562132"
	return a.Delivery(timestamp, nonce, string(encrypted), util.Signature(a.Token, timestamp, nonce, string(encrypted))), nil
}

// Delivery puts together what is already encrypted and signed.
func (a Account) Delivery(timestamp, nonce, encrypted, signature string) Delivery {
	query := url.Values{"timestamp": {timestamp}, "nonce": {nonce}, "msg_signature": {signature}}
	if a.Platform == weixin.OfficialAccount {
		query.Set("encrypt_type", "aes")
		query.Set("signature", util.Signature(a.Token, timestamp, nonce))
		query.Set("openid", "o-is-not-signed")
	}
	var body bytes.Buffer
	body.WriteString("<xml><ToUserName><![CDATA[gh_0000]]></ToUserName><Encrypt><![CDATA[")
	_ = xml.EscapeText(&body, []byte(encrypted)) // a buffer takes everything
	body.WriteString("]]></Encrypt></xml>")
	return Delivery{query, body.Bytes()}
}

// Request posts the delivery to a path.
func (d Delivery) Request(path string) *http.Request {
	return httptest.NewRequest(http.MethodPost, path+"?"+d.Query.Encode(), bytes.NewReader(d.Body))
}
