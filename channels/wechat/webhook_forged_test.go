package wechat_test

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"careline/channels/weixin"
	"careline/channels/weixin/weixintest"
)

// forgeries are what somebody can post who saw deliveries and URLs, but knows
// neither the token nor a key; some know one of them.
var forgeries = []struct {
	name string
	make func(t *testing.T, r *rand.Rand) weixintest.Delivery
	want weixin.Refusal
}{
	{"a bit of the message turned", changed(func(d *weixintest.Delivery, r *rand.Rand) {
		at := bytes.Index(d.Body, []byte("<Encrypt><![CDATA[")) + 18 + r.IntN(200)
		d.Body[at] = map[bool]byte{true: 'A', false: 'B'}[d.Body[at] != 'A']
	}), weixin.RefusedSignature},
	{"a guessed signature", changed(func(d *weixintest.Delivery, r *rand.Rand) {
		d.Query.Set("msg_signature", util.Signature(strconv.Itoa(r.Int())))
	}), weixin.RefusedSignature},
	{"the plain signature for the message's", changed(func(d *weixintest.Delivery, _ *rand.Rand) {
		d.Query.Set("msg_signature", d.Query.Get("signature"))
	}), weixin.RefusedSignature},
	{"the signature of another delivery", func(t *testing.T, _ *rand.Rand) weixintest.Delivery {
		one, two := sealed(t, said("一")), sealed(t, said("二"))
		one.Body = two.Body
		return one
	}, weixin.RefusedSignature},
	{"an old delivery under a new time", func(t *testing.T, r *rand.Rand) weixintest.Delivery {
		d := old(t, time.Hour)
		d.Query.Set("timestamp", strconv.FormatInt(noon.Unix()-r.Int64N(300), 10))
		return d
	}, weixin.RefusedSignature},
	{"an old delivery", func(t *testing.T, r *rand.Rand) weixintest.Delivery {
		return old(t, 10*time.Minute+time.Duration(1+r.IntN(1e6))*time.Second)
	}, weixin.RefusedExpired},
	{"a delivery from the future", func(t *testing.T, r *rand.Rand) weixintest.Delivery {
		return old(t, -10*time.Minute-time.Duration(1+r.IntN(1e6))*time.Second)
	}, weixin.RefusedExpired},
	{"in the clear, with the signature of a URL that was seen", changed(func(d *weixintest.Delivery, _ *rand.Rand) {
		d.Query.Del("encrypt_type")
		d.Body = []byte(said("胸口疼"))
	}), weixin.RefusedPlain},
	{"in the clear, said to be raw", changed(func(d *weixintest.Delivery, _ *rand.Rand) {
		d.Query.Set("encrypt_type", "raw")
		d.Body = []byte(said("胸口疼"))
	}), weixin.RefusedPlain},
	{"in the clear, said to be encrypted", changed(func(d *weixintest.Delivery, _ *rand.Rand) { d.Body = []byte(said("胸口疼")) }), weixin.RefusedBody},
	{"for another account", as(func(a *weixintest.Account) { a.AppID = "wx0000000000000000" }), weixin.RefusedAppID},
	{"for an account whose id begins as ours", as(func(a *weixintest.Account) { a.AppID += "0" }), weixin.RefusedAppID},
	{"by who knows the key, not the token", as(func(a *weixintest.Account) { a.Token = "guessed" }), weixin.RefusedSignature},
	{"by who knows the token, not the key", as(func(a *weixintest.Account) { a.Key = strings.Repeat("A", 43) }), weixin.RefusedKey},
	{"a parameter twice", changed(func(d *weixintest.Delivery, r *rand.Rand) {
		name := []string{"timestamp", "nonce", "msg_signature", "signature", "encrypt_type", "openid"}[r.IntN(6)]
		d.Query.Add(name, d.Query.Get(name))
	}), weixin.RefusedParameters},
	{"a parameter missing", changed(func(d *weixintest.Delivery, r *rand.Rand) {
		d.Query.Del([]string{"timestamp", "nonce", "msg_signature"}[r.IntN(3)])
	}), weixin.RefusedParameters},
	{"no parameters", changed(func(d *weixintest.Delivery, _ *rand.Rand) { d.Query = url.Values{} }), weixin.RefusedParameters},
	{"above 64 KiB", changed(func(d *weixintest.Delivery, r *rand.Rand) {
		d.Body = append(d.Body, make([]byte, weixin.MaxDelivery+r.IntN(1000))...)
	}), weixin.RefusedSize},
	{"cut short", changed(func(d *weixintest.Delivery, r *rand.Rand) { d.Body = d.Body[:r.IntN(len(d.Body)-10)] }), weixin.RefusedBody},
	{"two messages in one", changed(func(d *weixintest.Delivery, _ *rand.Rand) {
		d.Body = bytes.Replace(d.Body, []byte("</xml>"), []byte("<Encrypt>AAAA</Encrypt></xml>"), 1)
	}), weixin.RefusedBody},
}

// changed is a delivery of the platform's that was tampered with.
func changed(tamper func(*weixintest.Delivery, *rand.Rand)) func(*testing.T, *rand.Rand) weixintest.Delivery {
	return func(t *testing.T, r *rand.Rand) weixintest.Delivery {
		d := sealed(t, said("在吗"))
		tamper(&d, r)
		return d
	}
}

// as is a delivery by somebody who is not quite the platform.
func as(differ func(*weixintest.Account)) func(*testing.T, *rand.Rand) weixintest.Delivery {
	return func(t *testing.T, _ *rand.Rand) weixintest.Delivery {
		other := account
		differ(&other)
		d, err := other.Deliver(said("在吗"), noon)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}

// old is a delivery of so long ago.
func old(t *testing.T, ago time.Duration) weixintest.Delivery {
	d, err := account.Deliver(said("在吗"), noon.Add(-ago))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAThousandForgedCallbacksHaveNoEffect(t *testing.T) {
	t.Parallel()
	const each = 50
	d := newDesk(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, f := range forgeries {
		before := d.Counts()[string(f.want)]
		for range each {
			if w := d.post(f.make(t, r)); w.Code != http.StatusForbidden || w.Body.Len() != 0 {
				t.Errorf("%s: answered %d %q", f.name, w.Code, w.Body)
			}
		}
		if got := d.Counts()[string(f.want)] - before; got != each {
			t.Errorf("%s: %d of %d counted as %s: %v", f.name, got, each, f.want, d.Counts())
		}
	}
	total := int64(0)
	for _, n := range d.Counts() {
		total += n
	}
	if total != int64(each*len(forgeries)) || total < 1000 {
		t.Errorf("%d callbacks were counted, %d posted", total, each*len(forgeries))
	}
	if len(d.taken) != 0 || len(d.notices) != 0 {
		t.Errorf("they had %d effects", len(d.taken)+len(d.notices))
	}
	t.Logf("%d forged callbacks, %d effects", total, len(d.taken))
	if d.post(sealed(t, said("在吗"))); len(d.taken) != 1 {
		t.Error("the platform's own delivery had none either")
	}
}
