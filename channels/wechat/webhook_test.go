package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"careline/bot"
	"careline/channels/wechat"
	"careline/channels/weixin"
	"careline/channels/weixin/weixintest"
)

var (
	account = weixintest.Account{Platform: weixin.OfficialAccount, Token: "spamtest", AppID: "wx2c2769f8efd9abc2", Key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"}
	noon    = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
)

// desk stands behind a webhook: it keeps what was taken in, and answers as told.
type desk struct {
	*wechat.Webhook
	log bytes.Buffer

	mu      sync.Mutex
	taken   []bot.Inbound
	notices []notice
	receipt wechat.Receipt
	err     error
}

type notice struct{ ID, Status string }

func newDesk(t *testing.T) *desk {
	t.Helper()
	envelope, err := account.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{}
	d.Webhook = wechat.NewWebhook(wechat.WebhookConfig{
		Institution: "north", Envelope: envelope, Receive: d.receive, NoticeResult: d.notice,
		Menu: map[string]string{"reports": "我的报告"}, Now: func() time.Time { return noon },
		Log: slog.New(slog.NewTextHandler(&d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return d
}

func (d *desk) receive(_ context.Context, in bot.Inbound, _ time.Time) (wechat.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken = append(d.taken, in)
	return d.receipt, d.err
}

func (d *desk) notice(_ context.Context, openid bot.Text, id, status string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if openid.Plain() != sender {
		return errors.New("a notice of somebody else")
	}
	d.notices = append(d.notices, notice{id, status})
	return d.err
}

// post delivers and returns the answer.
func (d *desk) post(delivery weixintest.Delivery) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, delivery.Request("/wechat/north"))
	return w
}

const sender = "o-invented-patient"

// said is a text message in the clear.
func said(words string) string {
	return "<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName><FromUserName><![CDATA[" + sender + "]]></FromUserName><CreateTime>1772424000</CreateTime>" +
		"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" + words + "]]></Content><MsgId>23456789012345678</MsgId></xml>"
}

func sealed(t *testing.T, plain string) weixintest.Delivery {
	t.Helper()
	d, err := account.Deliver(plain, noon)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAStoredMessageIsAcknowledgedWithTheWordThatShowsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w := d.post(sealed(t, said("转氨酶高")))
	if w.Code != http.StatusOK || w.Body.String() != "success" {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
	if len(d.taken) != 1 || d.taken[0].Institution != "north" || d.taken[0].Channel != "wechat" || d.taken[0].ExternalID.Plain() != sender {
		t.Errorf("taken in: %+v", d.taken)
	}
	if got := d.Counts(); got["stored"] != 1 || len(got) != 1 {
		t.Errorf("counts %v", got)
	}
}

// A delivery that is repeated, encrypted anew or not, is one message.
func TestARepeatedDeliveryKeepsItsID(t *testing.T) {
	t.Parallel()
	event := strings.Replace(said(""), "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[]]></Content><MsgId>23456789012345678</MsgId>",
		"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[b/4821-77]]></EventKey>", 1)
	for name, plain := range map[string]string{"message": said("在吗"), "event": event} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			first := sealed(t, plain)
			for _, delivery := range []weixintest.Delivery{first, first, sealed(t, plain)} {
				d.post(delivery)
				d.receipt.Duplicate = true
			}
			if len(d.taken) != 3 || d.taken[0].ProviderID == "" || d.taken[1].ProviderID != d.taken[0].ProviderID || d.taken[2].ProviderID != d.taken[0].ProviderID {
				t.Fatalf("taken in: %+v", d.taken)
			}
			if id := d.taken[0].ProviderID; strings.Contains(id, sender) || strings.Contains(id, "4821") {
				t.Errorf("the id %q shows who it was or what the code said", id)
			}
			if got := d.Counts(); got["stored"] != 1 || got["duplicate"] != 2 {
				t.Errorf("counts %v", got)
			}
		})
	}
}

func TestAnotherMessageHasAnotherID(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	without := strings.Replace(said("A"), "<MsgId>23456789012345678</MsgId>", "", 1)
	seen := map[string]string{}
	for _, plain := range []string{
		said("A"), strings.Replace(said("A"), "23456789012345678", "23456789012345679", 1), without,
		strings.Replace(without, "CDATA[A]", "CDATA[B]", 1), strings.Replace(without, "1772424000", "1772424001", 1), strings.Replace(without, sender, "o-another", 1),
	} {
		d.post(sealed(t, plain))
		id := d.taken[len(d.taken)-1].ProviderID
		if before, twice := seen[id]; twice {
			t.Errorf("one id for\n%s\n%s", before, plain)
		}
		seen[id] = plain
	}
}

func TestWithoutADatabaseThePlatformIsAskedToDeliverAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, err := range []error{
		bot.Errorf(bot.KindUnavailable, "请稍后再试。", "store: connection refused"), context.DeadlineExceeded, errors.New("store: broken"),
	} {
		d.err = err
		if w := d.post(sealed(t, said("在吗"))); w.Code != http.StatusServiceUnavailable || w.Body.Len() != 0 {
			t.Errorf("%v was answered %d %q", err, w.Code, w.Body)
		}
	}
	result := strings.Replace(said(""), "<MsgType><![CDATA[text]]></MsgType>", "<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>1</MsgID><Status>success</Status>", 1)
	if w := d.post(sealed(t, result)); w.Code != http.StatusServiceUnavailable || len(d.notices) != 1 {
		t.Errorf("how a notice fared was answered %d", w.Code)
	}
	d.err = nil
	if w := d.post(sealed(t, said("在吗"))); w.Body.String() != "success" {
		t.Errorf("then %d %q", w.Code, w.Body)
	}
	if got := d.Counts(); got["unavailable"] != 4 || got["stored"] != 1 {
		t.Errorf("counts %v", got)
	}
}

func TestADeliveryIsGivenUpBeforeThePlatformGivesUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Receive = func(ctx context.Context, _ bot.Inbound, _ time.Time) (wechat.Receipt, error) {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left > 4500*time.Millisecond {
			t.Errorf("%v are left; the platform waits 5 s", left)
		}
		return wechat.Receipt{}, nil
	}
	d.post(sealed(t, said("在吗")))
}

func TestTheConsolesCheckOfTheURLIsAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stamp := strconv.FormatInt(noon.Unix(), 10)
	query := url.Values{"timestamp": {stamp}, "nonce": {"1514711492"}, "echostr": {"4375120948345356249"}, "signature": {util.Signature(account.Token, stamp, "1514711492")}}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/wechat/north?"+query.Encode(), nil))
	if w.Code != http.StatusOK || w.Body.String() != "4375120948345356249" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
	query.Set("signature", util.Signature("guessed", stamp, "1514711492"))
	w = httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/wechat/north?"+query.Encode(), nil))
	if w.Code != http.StatusForbidden || w.Body.Len() != 0 {
		t.Errorf("a forged check was answered %d %q", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/wechat/north", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT was answered %d", w.Code)
	}
}

// secret stands wherever a patient's words, an openid or a code could.
const secret = "QQMARKERQQ"

func TestNoWordOfAMessageReachesALog(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	invalid := bot.Errorf(bot.KindInvalid, "消息太长了，请分成几条发。", "inbox: too long")
	for _, err := range []error{nil, invalid, bot.Errorf(bot.KindUnavailable, "", "store: %s", secret), errors.New(secret)} {
		d.err = err
		d.post(sealed(t, strings.Replace(said(secret), sender, secret, 1)))
		d.post(sealed(t, strings.ReplaceAll(said(secret), "text", "event")))
	}
	d.post(sealed(t, secret))                                     // no XML
	d.post(sealed(t, "<xml><Content>"+secret+"</Content></xml>")) // nobody sent it
	forged := sealed(t, said(secret))
	forged.Query.Set("openid", secret)
	forged.Query.Set("msg_signature", secret)
	answer := d.post(forged)
	forged.Query.Set("encrypt_type", secret)
	forged.Body = []byte(said(secret))
	d.post(forged)
	if strings.Contains(d.log.String()+answer.Body.String(), secret) {
		t.Errorf("the marker is in the log:\n%s", &d.log)
	}
	for end := range d.Counts() {
		if strings.Contains(end, secret) {
			t.Errorf("the marker is in the counter %q", end)
		}
	}
	for _, want := range []string{"unavailable", "unreadable", "signature", "plain", "institution=north"} {
		if !strings.Contains(d.log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, &d.log)
		}
	}
}

func TestForgeriesDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	forged := sealed(t, said("在吗"))
	forged.Query.Set("msg_signature", "0")
	for range 1000 {
		d.post(forged)
	}
	if lines := strings.Count(d.log.String(), "\n"); lines == 0 || lines > 60 {
		t.Errorf("1,000 forgeries left %d lines", lines)
	}
	if got := d.Counts()["signature"]; got != 1000 {
		t.Errorf("%d were counted", got)
	}
}

// body of an answer over HTTP.
func body(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}
