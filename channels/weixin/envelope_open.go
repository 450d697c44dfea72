package weixin

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

// MaxDelivery is the largest body of a callback that is read, in bytes. The
// longest message of a patient is far below it.
const MaxDelivery = 64 << 10

// freshness is how far a callback's time may be from ours. The platform repeats a
// delivery within seconds; an older one is a replay.
const freshness = 10 * time.Minute

// Refusal says why a callback has no effect. It is for counters and logs: it holds
// nothing of the callback, and whoever sent it is not told.
type Refusal string

// The refusals.
const (
	RefusedParameters Refusal = "parameters" // one is missing, empty or there twice
	RefusedPlain      Refusal = "plain"      // not encrypted: a downgrade, or safe mode is off in the console
	RefusedExpired    Refusal = "expired"    // not within ten minutes of our clock
	RefusedSize       Refusal = "size"       // larger than MaxDelivery
	RefusedBroken     Refusal = "broken"     // broke off
	RefusedBody       Refusal = "body"       // not XML with one Encrypt
	RefusedSignature  Refusal = "signature"  // not signed with our token
	RefusedKey        Refusal = "key"        // does not open with our keys
	RefusedAppID      Refusal = "app_id"     // meant for another account
)

func (r Refusal) Error() string { return "callback refused: " + string(r) }

// Open returns what a delivery says. Its error is a Refusal.
func (e *Envelope) Open(r *http.Request, now time.Time) ([]byte, error) {
	query, err := parameters(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	// The mode is ours to require, not the request's to choose.
	if e.Platform == OfficialAccount && query.Get("encrypt_type") != "aes" {
		return nil, RefusedPlain
	}
	if err := fresh(query, now); err != nil {
		return nil, err
	}
	encrypted, err := readEncrypted(r)
	if err != nil {
		return nil, err
	}
	if err := e.signed(query, "msg_signature", encrypted); err != nil {
		return nil, err
	}
	return e.decrypt(encrypted)
}

// Verify returns what the check of a callback URL (GET) must be answered with.
// Its error is a Refusal.
func (e *Envelope) Verify(r *http.Request, now time.Time) ([]byte, error) {
	query, err := parameters(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	echo := query.Get("echostr")
	if echo == "" {
		return nil, RefusedParameters
	}
	if err := fresh(query, now); err != nil {
		return nil, err
	}
	if e.Platform == OfficialAccount {
		if err := e.signed(query, "signature"); err != nil {
			return nil, err
		}
		return []byte(echo), nil
	}
	if err := e.signed(query, "msg_signature", echo); err != nil {
		return nil, err
	}
	return e.decrypt(echo)
}

// parameters reads a query in which each parameter stands once.
func parameters(raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, RefusedParameters
	}
	for _, values := range query {
		if len(values) != 1 {
			return nil, RefusedParameters
		}
	}
	if query.Get("timestamp") == "" || query.Get("nonce") == "" {
		return nil, RefusedParameters
	}
	return query, nil
}

func fresh(query url.Values, now time.Time) error {
	seconds, err := strconv.ParseInt(query.Get("timestamp"), 10, 64)
	if err != nil {
		return RefusedParameters
	}
	if now.Sub(time.Unix(seconds, 0)).Abs() > freshness {
		return RefusedExpired
	}
	return nil
}

// signed compares a signature in constant time. The platform signs the token, the
// time, the nonce and, in safe mode, the encrypted text.
func (e *Envelope) signed(query url.Values, parameter string, encrypted ...string) error {
	given := query.Get(parameter)
	if given == "" {
		return RefusedParameters
	}
	ours := util.Signature(append(encrypted, e.Token, query.Get("timestamp"), query.Get("nonce"))...)
	if subtle.ConstantTimeCompare([]byte(given), []byte(ours)) != 1 {
		return RefusedSignature
	}
	return nil
}

func readEncrypted(r *http.Request) (string, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxDelivery+1))
	if err != nil {
		return "", RefusedBroken
	}
	if len(body) > MaxDelivery {
		return "", RefusedSize
	}
	var envelope struct {
		Encrypt []string `xml:"Encrypt"`
	}
	if err := xml.Unmarshal(body, &envelope); err != nil || len(envelope.Encrypt) != 1 {
		return "", RefusedBody
	}
	return envelope.Encrypt[0], nil
}

// decrypt tries the current key, then the previous one: while keys are changed in
// the console both are on their way. The account's id inside says for whom it is.
func (e *Envelope) decrypt(encrypted string) ([]byte, error) {
	sealed, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil {
		return nil, RefusedKey
	}
	refused := RefusedKey
	for _, key := range e.decoded {
		_, plain, appID, err := util.AESDecryptMsg(sealed, key)
		if err != nil {
			continue
		}
		if subtle.ConstantTimeCompare(appID, []byte(e.AppID)) == 1 {
			return plain, nil
		}
		refused = RefusedAppID
	}
	return nil, refused
}
