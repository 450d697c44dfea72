package wechattest_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"

	"careline/channels/wechat/wechattest"
)

// account is an official account in its smallest form: it opens deliveries with the
// SDK and answers what it is told to.
type account struct {
	*testing.T
	platform *wechattest.Platform

	mu       sync.Mutex
	got      []message.MixMessage
	plain    []string
	answer   func(n int, w http.ResponseWriter, in message.MixMessage) // n counts from 1; nil: success
	arrivals int
}

// start runs a platform and an account that knows each other.
func start(t *testing.T, change ...func(*wechattest.Config)) (*wechattest.Platform, *account) {
	t.Helper()
	p := wechattest.New(t, change...)
	a := &account{T: t, platform: p}
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	p.SetCallback(s.URL + "/wechat/default")
	return p, a
}

// frozen stops the platform's clock: it moves by Advance alone.
func frozen(c *wechattest.Config) {
	now := time.Now()
	c.Now = func() time.Time { return now }
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var sealed message.EncryptedXMLMsg
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the platform hung up
	}
	if err := xml.Unmarshal(body, &sealed); err != nil {
		a.Errorf("the delivery is not XML: %v", err)
	}
	q := r.URL.Query()
	if q.Get("msg_signature") != util.Signature(a.platform.Token, q.Get("timestamp"), q.Get("nonce"), sealed.EncryptedMsg) ||
		q.Get("signature") != util.Signature(a.platform.Token, q.Get("timestamp"), q.Get("nonce")) || q.Get("encrypt_type") != "aes" {
		a.Errorf("the delivery's query is %v", q)
	}
	_, plain, err := util.DecryptMsg(a.platform.AppID, sealed.EncryptedMsg, a.platform.AESKey)
	if err != nil {
		a.Errorf("the delivery does not open: %v", err)
	}
	var in message.MixMessage
	if err := xml.Unmarshal(plain, &in); err != nil {
		a.Errorf("%s: %v", plain, err)
	}
	a.mu.Lock()
	a.got, a.plain = append(a.got, in), append(a.plain, string(plain))
	a.arrivals++
	n, answer := a.arrivals, a.answer
	a.mu.Unlock()
	if answer != nil {
		answer(n, w, in)
		return
	}
	_, _ = io.WriteString(w, "success")
}

func (a *account) messages() []message.MixMessage {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]message.MixMessage(nil), a.got...)
}

// seal answers with a sealed passive text.
func (a *account) seal(w http.ResponseWriter, to, words, appID string) {
	type passive struct {
		message.CommonToken
		Content message.CDATA `xml:"Content"`
	}
	reply := passive{Content: message.CDATA(words)}
	reply.ToUserName, reply.FromUserName = message.CDATA(to), message.CDATA(a.platform.Account)
	reply.CreateTime, reply.MsgType = time.Now().Unix(), message.MsgTypeText
	plain, err := xml.Marshal(reply)
	if err != nil {
		a.Error(err)
	}
	encrypted, err := util.EncryptMsg([]byte("0123456789abcdef"), plain, appID, a.platform.AESKey)
	if err != nil {
		a.Error(err)
	}
	now := time.Now().Unix()
	out := message.ResponseEncryptedXMLMsg{EncryptedMsg: string(encrypted), Timestamp: now, Nonce: "77",
		MsgSignature: util.Signature(a.platform.Token, strconv.FormatInt(now, 10), "77", string(encrypted))}
	if err := xml.NewEncoder(w).Encode(out); err != nil {
		a.Error(err)
	}
}

// token asks for the access token.
func (a *account) token(force bool) string {
	a.Helper()
	answer := a.post(wechattest.PathToken, "", map[string]any{
		"grant_type": "client_credential", "appid": a.platform.AppID, "secret": a.platform.Secret, "force_refresh": force})
	if answer.Code != 0 || answer.Token == "" {
		a.Fatalf("no token: %+v", answer)
	}
	return answer.Token
}

// answer is what the platform may answer.
type answer struct {
	Code    int    `json:"errcode"`
	Words   string `json:"errmsg"`
	Token   string `json:"access_token"`
	Expires int    `json:"expires_in"`
	Message int64  `json:"msgid"`
	Ticket  string `json:"ticket"`
	URL     string `json:"url"`
	OpenID  string `json:"openid"`
	Follows int    `json:"subscribe"`
	Video   string `json:"video_url"`
}

// post calls the API with a value or with JSON as it stands.
func (a *account) post(path, token string, in any) (out answer) {
	a.Helper()
	body, isText := in.(string)
	if !isText {
		encoded, err := json.Marshal(in)
		if err != nil {
			a.Fatal(err)
		}
		body = string(encoded)
	}
	address := a.platform.URL + path
	if token != "" {
		address += "?access_token=" + token
	}
	r, err := http.Post(address, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		a.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if err := json.NewDecoder(r.Body).Decode(&out); err != nil {
		a.Fatal(err)
	}
	return out
}

// send sends a text as a customer-service message and returns the code.
func (a *account) send(openid, text string) int {
	a.Helper()
	return a.post(wechattest.PathSend, a.token(false), textTo(openid, text)).Code
}

func textTo(openid, text string) any {
	return message.NewCustomerTextMessage(openid, text)
}

// get calls the API and returns what came, decoded where it is JSON.
func (a *account) get(path string, query url.Values) (out answer, body []byte, header http.Header) {
	a.Helper()
	r, err := http.Get(a.platform.URL + path + "?" + query.Encode())
	if err != nil {
		a.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if body, err = io.ReadAll(r.Body); err != nil {
		a.Fatal(err)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(body, &out); err != nil {
			a.Fatalf("%s: %v", body, err)
		}
	}
	return out, body, r.Header
}

// with is a query that carries the access token.
func (a *account) with(pairs ...string) url.Values {
	q := url.Values{"access_token": {a.token(false)}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

// waitFor waits until the account has n messages.
func (a *account) waitFor(n int) []message.MixMessage {
	a.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got := a.messages()
		if len(got) >= n {
			return got
		}
		if time.Now().After(deadline) {
			a.Fatalf("%d of %d deliveries came", len(got), n)
		}
	}
}
