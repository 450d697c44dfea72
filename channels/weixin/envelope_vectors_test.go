package weixin

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

// vector is one published example of signing or encrypting.
type vector struct {
	Name, Kind, Token, AESKey, AppID  string
	Timestamp, Nonce, Echostr, Body   string
	Signature, Encrypt, Random, Plain string
	MsgSignature                      string   `json:"msg_signature"`
	PlainContains                     []string `json:"plain_contains"`
}

func (v vector) time(t *testing.T) time.Time {
	t.Helper()
	seconds, err := strconv.ParseInt(v.Timestamp, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(seconds, 0)
}

func (v vector) envelope(t *testing.T) *Envelope {
	t.Helper()
	e := Envelope{Platform: OfficialAccount, Token: v.Token, AppID: v.AppID, Keys: []string{v.AESKey}}
	if strings.HasPrefix(v.Name, "wecom-") {
		e.Platform = WeCom
	}
	if v.Kind == "signature" { // these have no key and no account
		e.AppID, e.Keys = "wx0000000000000000", []string{strings.Repeat("A", 43)}
	}
	made, err := NewEnvelope(e)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (v vector) request(method, body string) *http.Request {
	query := url.Values{"timestamp": {v.Timestamp}, "nonce": {v.Nonce}}
	for name, value := range map[string]string{"signature": v.Signature, "msg_signature": v.MsgSignature, "echostr": v.Echostr} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if v.Kind == "decrypt" && !strings.HasPrefix(v.Name, "wecom-") {
		query.Set("encrypt_type", "aes")
	}
	return httptest.NewRequest(method, "/?"+query.Encode(), strings.NewReader(body))
}

func TestThePublishedVectorsHold(t *testing.T) {
	t.Parallel()
	root, set := os.LookupEnv("CARELINE_SHARED")
	if !set {
		t.Log("not run: CARELINE_SHARED is not set, so data/wechat/vectors.json is not read")
		return
	}
	raw, err := os.ReadFile(filepath.Join(root, "data/wechat/vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Vectors) == 0 {
		t.Fatalf("%d vectors: %v", len(file.Vectors), err)
	}
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			switch {
			case v.Kind == "encrypt":
				seals(t, v)
			case v.Kind == "signature" && v.Echostr != "":
				verifies(t, v, v.Echostr)
			case v.Kind == "signature":
				refusesPlain(t, v)
			case v.Name == "wecom-url":
				v.Echostr = v.Encrypt
				verifies(t, v, v.Plain)
			case v.Kind == "decrypt":
				opens(t, v)
			default:
				t.Errorf("a vector of an unknown kind: %q", v.Kind)
			}
		})
	}
}

func seals(t *testing.T, v vector) {
	sealed, err := v.envelope(t).seal([]byte(v.Plain), []byte(v.Random), v.Nonce, v.time(t))
	if err != nil {
		t.Fatal(err)
	}
	var reply struct{ Encrypt, MsgSignature, TimeStamp, Nonce string }
	if err := xml.Unmarshal(sealed, &reply); err != nil {
		t.Fatal(err)
	}
	if reply.Encrypt != v.Encrypt || reply.MsgSignature != v.MsgSignature || reply.TimeStamp != v.Timestamp || reply.Nonce != v.Nonce {
		t.Errorf("sealed as %+v, want %+v", reply, v)
	}
}

func verifies(t *testing.T, v vector, want string) {
	echo, err := v.envelope(t).Verify(v.request(http.MethodGet, ""), v.time(t))
	if err != nil || string(echo) != want {
		t.Errorf("verified as %q, %v; want %q", echo, err, want)
	}
}

// refusesPlain: a delivery in the clear is signed rightly, and that signature does
// not cover its body.
func refusesPlain(t *testing.T, v vector) {
	if ours := util.Signature(v.Token, v.Timestamp, v.Nonce); ours != v.Signature {
		t.Errorf("signed as %s, want %s", ours, v.Signature)
	}
	if _, err := v.envelope(t).Open(v.request(http.MethodPost, v.Body), v.time(t)); !errors.Is(err, RefusedPlain) {
		t.Errorf("a delivery in the clear gave %v, want %v", err, RefusedPlain)
	}
}

func opens(t *testing.T, v vector) {
	body := "<xml><Encrypt><![CDATA[" + v.Encrypt + "]]></Encrypt></xml>"
	plain, err := v.envelope(t).Open(v.request(http.MethodPost, body), v.time(t))
	if err != nil {
		t.Fatal(err)
	}
	if v.Plain != "" && string(plain) != v.Plain {
		t.Errorf("opened as %q, want %q", plain, v.Plain)
	}
	for _, part := range v.PlainContains {
		if !strings.Contains(string(plain), part) {
			t.Errorf("%q is not in %q", part, plain)
		}
	}
	if v.Signature != "" && util.Signature(v.Token, v.Timestamp, v.Nonce) != v.Signature {
		t.Errorf("the plain signature is not %s", v.Signature)
	}
}
