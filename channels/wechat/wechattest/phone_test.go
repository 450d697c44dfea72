package wechattest_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/channels/wechat/wechattest"
)

// press sends a form of the phone's page, as a browser without scripts would.
func press(t *testing.T, p *wechattest.Platform, form url.Values, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/phone/do", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer
}

func TestEveryButtonOfThePageReachesTheAccount(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	p.Join("赵一")
	for i, c := range []struct {
		form url.Values
		want func(message.MixMessage) bool
	}{
		{url.Values{"do": {"say"}, "text": {" 你好 "}}, func(m message.MixMessage) bool { return m.Content == "你好" }},
		{url.Values{"do": {"click"}, "text": {"reports"}}, func(m message.MixMessage) bool { return m.EventKey == "reports" }},
		{url.Values{"do": {"choice"}, "id": {"7"}, "text": {"看懂了"}}, func(m message.MixMessage) bool { return m.BizMsgMenuID == 7 }},
		{url.Values{"do": {"scan"}, "text": {"b_7"}}, func(m message.MixMessage) bool { return m.Event == message.EventScan }},
		{url.Values{"do": {"photo"}}, func(m message.MixMessage) bool { return m.MsgType == "image" }},
		{url.Values{"do": {"voice"}, "text": {"喂"}}, func(m message.MixMessage) bool { return m.MsgType == "voice" }},
		{url.Values{"do": {"video"}}, func(m message.MixMessage) bool { return m.MsgType == "video" }},
		{url.Values{"do": {"location"}}, func(m message.MixMessage) bool { return m.MsgType == "location" }},
		{url.Values{"do": {"file"}}, func(m message.MixMessage) bool { return m.MsgType == "file" }},
		{url.Values{"do": {"unfollow"}}, func(m message.MixMessage) bool { return m.Event == message.EventUnsubscribe }},
		{url.Values{"do": {"follow"}}, func(m message.MixMessage) bool { return m.Event == message.EventSubscribe }},
	} {
		if r := press(t, p, c.form); r.StatusCode != http.StatusSeeOther {
			t.Errorf("%v: HTTP %d", c.form, r.StatusCode)
		}
		if got := a.waitFor(i + 1)[i]; !c.want(got) {
			t.Errorf("%v came as %+v", c.form, got)
		}
	}
}

func TestTheLeversOfThePageMoveThePlatform(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	p.Say(openid, "你好")
	lever := func(do, text string) int {
		return press(t, p, url.Values{"do": {do}, "text": {text}}, "X-Phone", "1").StatusCode
	}
	before := p.Now()
	if lever("advance", "1h") != http.StatusNoContent || p.Now().Sub(before) < time.Hour {
		t.Error("the clock stands still")
	}
	if lever("break", "spent") != http.StatusNoContent || a.send(openid, "好") != 45047 {
		t.Error("nothing broke")
	}
	if lever("break", "busy"); lever("mend", "") != http.StatusNoContent || a.send(openid, "好") != 0 {
		t.Error("nothing was mended")
	}
	token := a.token(false)
	if lever("token", "") != http.StatusNoContent || a.post(wechattest.PathSend, token, textTo(openid, "好")).Code != 40001 {
		t.Error("the token is still valid")
	}
	if lever("twice", "") != http.StatusNoContent {
		t.Error("no duplicate")
	}
	p.Say(openid, "在吗")
	if n := len(a.messages()); n != 3 {
		t.Errorf("%d deliveries, want 3", n)
	}
	for _, c := range [][2]string{{"dance", ""}, {"break", "a leg"}, {"advance", "-1h"}, {"advance", "soon"}} {
		if status := lever(c[0], c[1]); status != http.StatusBadRequest {
			t.Errorf("%v: HTTP %d", c, status)
		}
	}
}

func TestAnotherSitesPageCannotPressTheButtons(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	p.Join("赵一")
	r := press(t, p, url.Values{"do": {"say"}, "text": {"你好"}}, "Sec-Fetch-Site", "cross-site")
	if r.StatusCode != http.StatusForbidden || len(a.messages()) != 0 {
		t.Errorf("HTTP %d, %d deliveries", r.StatusCode, len(a.messages()))
	}
}

func TestAPictureOfOnesOwnIsSent(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	p.Join("赵一")
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	_ = w.WriteField("do", "photo")
	part, err := w.CreateFormFile("picture", "report.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("\xff\xd8\xff my own"))
	_ = w.Close()
	r, err := http.Post(p.URL+"/phone/do", w.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	got := a.waitFor(1)[0]
	if _, body, _ := a.get(wechattest.PathMedia, a.with("media_id", got.MediaID)); string(body) != "\xff\xd8\xff my own" {
		t.Errorf("the picture holds %q", body)
	}
}

func TestThePageNamesNoOtherHostAndEscapesWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	p.Say(openid, "<script>alert(1)</script>")
	a.send(openid, `请看<a href="https://example.org/full?a=1&amp;b=2">全文</a>，或 https://example.org/k。`+"<b>")
	r, err := http.Get(p.URL + "/?lang=zh")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	read, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	page := string(read)
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<b></div>") || r.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("not escaped: %s", page)
	}
	for _, link := range []string{
		`<a href="https://example.org/full?a=1&amp;b=2" target="_blank" rel="noopener">全文</a>，或 `,
		`<a href="https://example.org/k" target="_blank" rel="noopener">https://example.org/k</a>。`,
	} {
		if !strings.Contains(page, link) {
			t.Errorf("missing %s", link)
		}
		page = strings.ReplaceAll(page, link, "")
	}
	if strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Error("the page names another host")
	}
}
