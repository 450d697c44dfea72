package weixin_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"
	"pgregory.net/rapid"

	"careline/bot"
	"careline/channels/weixin"
	"careline/channels/weixin/weixintest"
)

const (
	keyNow    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	keyBefore = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
)

var (
	account = weixintest.Account{Platform: weixin.OfficialAccount, Token: "spamtest", AppID: "wx2c2769f8efd9abc2", Key: keyNow}
	corp    = weixintest.Account{Platform: weixin.WeCom, Token: "QDG6eK", AppID: "ww1234567890abcdef", Key: keyNow}
	noon    = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
)

func envelope(t *testing.T, a weixintest.Account, previous ...string) *weixin.Envelope {
	t.Helper()
	e, err := weixin.NewEnvelope(weixin.Envelope{Platform: a.Platform, Token: a.Token, AppID: a.AppID, Keys: append([]string{a.Key}, previous...)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func delivery(t *testing.T, a weixintest.Account, plain string, at time.Time) weixintest.Delivery {
	t.Helper()
	d, err := a.Deliver(plain, at)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSettingsThatCannotWorkAreNamed(t *testing.T) {
	t.Parallel()
	good := weixin.Envelope{Platform: weixin.OfficialAccount, Token: "spamtest", AppID: "wx2c2769f8efd9abc2", Keys: []string{keyNow, keyBefore}}
	for name, spoil := range map[string]func(*weixin.Envelope){
		"Token":          func(e *weixin.Envelope) { e.Token = "" },
		"AppID":          func(e *weixin.Envelope) { e.AppID = "" },
		"safe mode":      func(e *weixin.Envelope) { e.Keys = nil },
		"43 letters":     func(e *weixin.Envelope) { e.Keys = []string{keyNow[1:]} },
		"43 letters and": func(e *weixin.Envelope) { e.Keys = []string{keyNow, "-" + keyNow[1:]} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := good
			spoil(&e)
			_, err := weixin.NewEnvelope(e)
			said, ok := errors.AsType[*bot.Error](err)
			if !ok || !strings.Contains(said.Person, name) {
				t.Fatalf("got %v; want a sentence about %q", err, name)
			}
			for _, secret := range []string{good.Token, keyNow[1:], keyBefore[1:]} {
				if strings.Contains(said.Person+said.Error(), secret) {
					t.Errorf("the error holds a setting: %v", err)
				}
			}
		})
	}
	if _, err := weixin.NewEnvelope(good); err != nil {
		t.Errorf("good settings gave %v", err)
	}
}

func TestADeliveryOpensWithTheCurrentAndThePreviousKey(t *testing.T) {
	t.Parallel()
	for _, a := range []weixintest.Account{account, corp} {
		before := a
		before.Key = keyBefore
		e := envelope(t, a, keyBefore)
		for _, sender := range []weixintest.Account{a, before} {
			plain, err := e.Open(delivery(t, sender, "<xml>你好</xml>", noon).Request("/"), noon)
			if err != nil || string(plain) != "<xml>你好</xml>" {
				t.Errorf("%s: opened as %q, %v", a.Platform, plain, err)
			}
		}
	}
}

func TestACallbackThatIsNotOursIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	at := noon
	other := account
	other.AppID = "wxotheraccount0000"
	wrongKey := account
	wrongKey.Key = keyBefore
	forger := account
	forger.Token = "guessed"
	body := func(change func([]byte) []byte) func(*weixintest.Delivery) {
		return func(d *weixintest.Delivery) { d.Body = change(d.Body) }
	}
	query := func(change func(url.Values)) func(*weixintest.Delivery) {
		return func(d *weixintest.Delivery) { change(d.Query) }
	}
	for _, c := range []struct {
		name   string
		from   weixintest.Account
		at     time.Time
		change func(*weixintest.Delivery)
		want   weixin.Refusal
	}{
		{"signed with another token", forger, at, nil, weixin.RefusedSignature},
		{"for another account", other, at, nil, weixin.RefusedAppID},
		{"encrypted with a key we do not know", wrongKey, at, nil, weixin.RefusedKey},
		{"too old", account, at.Add(-10*time.Minute - time.Second), nil, weixin.RefusedExpired},
		{"from the future", account, at.Add(10*time.Minute + time.Second), nil, weixin.RefusedExpired},
		{"another time, the same signature", account, at.Add(-time.Hour), query(func(q url.Values) { q.Set("timestamp", strconv.FormatInt(at.Unix(), 10)) }), weixin.RefusedSignature},
		{"another nonce, the same signature", account, at, query(func(q url.Values) { q.Set("nonce", "1") }), weixin.RefusedSignature},
		{"no time", account, at, query(func(q url.Values) { q.Del("timestamp") }), weixin.RefusedParameters},
		{"a time that is none", account, at, query(func(q url.Values) { q.Set("timestamp", "soon") }), weixin.RefusedParameters},
		{"no nonce", account, at, query(func(q url.Values) { q.Del("nonce") }), weixin.RefusedParameters},
		{"no signature of the message", account, at, query(func(q url.Values) { q.Del("msg_signature") }), weixin.RefusedParameters},
		{"a time twice", account, at, query(func(q url.Values) { q.Add("timestamp", q.Get("timestamp")) }), weixin.RefusedParameters},
		{"a signature twice", account, at, query(func(q url.Values) { q.Add("msg_signature", q.Get("msg_signature")) }), weixin.RefusedParameters},
		{"an openid twice", account, at, query(func(q url.Values) { q.Add("openid", "o-another") }), weixin.RefusedParameters},
		{"not said to be encrypted", account, at, query(func(q url.Values) { q.Del("encrypt_type") }), weixin.RefusedPlain},
		{"said to be plain", account, at, query(func(q url.Values) { q.Set("encrypt_type", "raw") }), weixin.RefusedPlain},
		{"a body in the clear", account, at, body(func([]byte) []byte { return []byte("<xml><Content>hi</Content></xml>") }), weixin.RefusedBody},
		{"no body", account, at, body(func([]byte) []byte { return nil }), weixin.RefusedBody},
		{"a body that is no XML", account, at, body(func([]byte) []byte { return []byte("{}") }), weixin.RefusedBody},
		{"a body with two messages", account, at, body(func(b []byte) []byte {
			return bytes.Replace(b, []byte("<Encrypt>"), []byte("<Encrypt>AAAA</Encrypt><Encrypt>"), 1)
		}), weixin.RefusedBody},
		{"a body above 64 KiB", account, at, body(func(b []byte) []byte { return append(b, make([]byte, weixin.MaxDelivery)...) }), weixin.RefusedSize},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := delivery(t, c.from, "<xml></xml>", c.at)
			if c.change != nil {
				c.change(&d)
			}
			if plain, err := envelope(t, account).Open(d.Request("/"), at); !errors.Is(err, c.want) || plain != nil {
				t.Errorf("opened as %q, %v; want %v", plain, err, c.want)
			}
		})
	}
}

func TestABodyWithoutLengthIsReadToTheLimitOnly(t *testing.T) {
	t.Parallel()
	r := delivery(t, account, "<xml></xml>", noon).Request("/")
	r.ContentLength = -1
	endless := &counted{}
	r.Body = endless
	if _, err := envelope(t, account).Open(r, noon); !errors.Is(err, weixin.RefusedSize) {
		t.Errorf("an endless body gave %v, want %v", err, weixin.RefusedSize)
	}
	if endless.read > 2*weixin.MaxDelivery {
		t.Errorf("%d bytes of it were read", endless.read)
	}
}

// counted is a body without an end.
type counted struct{ read int }

func (c *counted) Read(p []byte) (int, error) { c.read += len(p); return len(p), nil }
func (c *counted) Close() error               { return nil }

func TestTheCheckOfAURLIsAnsweredOnlyToThePlatform(t *testing.T) {
	t.Parallel()
	stamp := strconv.FormatInt(noon.Unix(), 10)
	plain := url.Values{"timestamp": {stamp}, "nonce": {"1514711492"}, "echostr": {"4375120948345356249"}, "signature": {util.Signature(account.Token, stamp, "1514711492")}}
	encrypted, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte("4375120948345356249"), corp.AppID, corp.Key)
	if err != nil {
		t.Fatal(err)
	}
	sealed := url.Values{"timestamp": {stamp}, "nonce": {"7"}, "echostr": {string(encrypted)}, "msg_signature": {util.Signature(corp.Token, stamp, "7", string(encrypted))}}
	for _, c := range []struct {
		name   string
		a      weixintest.Account
		query  url.Values
		change func(url.Values)
		now    time.Time
		want   error
	}{
		{"official account", account, plain, nil, noon, nil},
		{"WeCom", corp, sealed, nil, noon, nil},
		{"official account, another token", account, plain, func(q url.Values) { q.Set("signature", util.Signature("guessed", stamp, "1514711492")) }, noon, weixin.RefusedSignature},
		{"WeCom, another echo", corp, sealed, func(q url.Values) { q.Set("echostr", "AAAA") }, noon, weixin.RefusedSignature},
		{"WeCom, as an official account would ask", corp, plain, nil, noon, weixin.RefusedParameters},
		{"an old check", account, plain, nil, noon.Add(time.Hour), weixin.RefusedExpired},
		{"no echo", account, plain, func(q url.Values) { q.Del("echostr") }, noon, weixin.RefusedParameters},
		{"an echo twice", account, plain, func(q url.Values) { q.Add("echostr", "<script>") }, noon, weixin.RefusedParameters},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(c.query.Encode())
			if err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				c.change(query)
			}
			echo, err := envelope(t, c.a).Verify(httptest.NewRequest(http.MethodGet, "/?"+query.Encode(), nil), c.now)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if want := "4375120948345356249"; err == nil && string(echo) != want {
				t.Errorf("echoed %q, want %q", echo, want)
			}
			if err != nil && echo != nil {
				t.Errorf("a refused check is echoed: %q", echo)
			}
		})
	}
}

// An answer has the fields of a delivery: what was sealed can be sent back to us.
func TestWhatIsSealedOpensAgain(t *testing.T) {
	t.Parallel()
	e := envelope(t, corp)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		sealed, err := e.Seal([]byte(text), noon)
		if err != nil {
			t.Fatal(err)
		}
		var reply struct{ Encrypt, MsgSignature, TimeStamp, Nonce string }
		if err := xml.Unmarshal(sealed, &reply); err != nil {
			t.Fatal(err)
		}
		back := corp.Delivery(reply.TimeStamp, reply.Nonce, reply.Encrypt, reply.MsgSignature)
		plain, err := e.Open(back.Request("/"), noon)
		if err != nil || string(plain) != text {
			t.Fatalf("%q opened as %q, %v", text, plain, err)
		}
	})
}
