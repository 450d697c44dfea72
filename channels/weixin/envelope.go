// Package weixin is what the official account and WeCom share: the encrypted
// envelope of their callbacks, and the client of their interfaces.
package weixin

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"

	"careline/bot"
)

// Envelope opens the callbacks of one account and seals the answers to them. Its
// settings stand in the platform's console, beside the callback URL.
type Envelope struct {
	Platform Platform
	Token    string   // Token (令牌), which both sides sign with
	AppID    string   // AppID of the official account, CorpID of WeCom
	Keys     []string // EncodingAESKey (消息加解密密钥), the current first, then the previous

	decoded [][]byte
}

// NewEnvelope checks the settings; its errors are for the operator and hold none
// of them.
func NewEnvelope(e Envelope) (*Envelope, error) {
	if e.Platform != OfficialAccount && e.Platform != WeCom {
		return nil, fmt.Errorf("weixin: an envelope of no platform")
	}
	if e.Token == "" {
		return nil, e.wrong("The callback's Token (令牌) is missing; copy it from the console.", "no token")
	}
	if e.AppID == "" {
		return nil, e.wrong("The AppID (of WeCom the CorpID) is missing; copy it from the console.", "no AppID")
	}
	if len(e.Keys) == 0 {
		return nil, e.wrong("The EncodingAESKey (消息加解密密钥) is missing; choose safe mode (安全模式) in the console and copy the key.", "no AES key")
	}
	e.decoded = nil
	for _, key := range e.Keys {
		// 43 characters are 32 bytes without base64's padding.
		raw, err := base64.StdEncoding.DecodeString(key + "=")
		if err != nil || len(key) != 43 || len(raw) != 32 {
			return nil, e.wrong("An EncodingAESKey (消息加解密密钥) has 43 letters and digits; copy it whole from the console.", "an AES key is not 43 characters of base64")
		}
		e.decoded = append(e.decoded, raw)
	}
	return &e, nil
}

// wrong is an error about the settings.
func (e *Envelope) wrong(sentence, why string) error {
	return bot.Errorf(bot.KindInvalid, sentence, "weixin: %s: %s", e.Platform, why)
}

// Seal makes the XML that answers a delivery from a message in the clear.
func (e *Envelope) Seal(plain []byte, now time.Time) ([]byte, error) {
	var random [20]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	nonce := strconv.FormatUint(uint64(binary.BigEndian.Uint32(random[16:])), 10)
	return e.seal(plain, random[:16], nonce, now)
}

func (e *Envelope) seal(plain, random []byte, nonce string, now time.Time) ([]byte, error) {
	encrypted, err := util.EncryptMsg(random, plain, e.AppID, e.Keys[0])
	if err != nil {
		return nil, fmt.Errorf("weixin: seal: %w", err)
	}
	at := now.Unix()
	sealed, err := xml.Marshal(message.ResponseEncryptedXMLMsg{
		EncryptedMsg: string(encrypted), Timestamp: at, Nonce: nonce,
		MsgSignature: util.Signature(e.Token, strconv.FormatInt(at, 10), nonce, string(encrypted)),
	})
	if err != nil {
		return nil, fmt.Errorf("weixin: seal: %w", err)
	}
	return sealed, nil
}
