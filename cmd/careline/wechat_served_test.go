package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"careline/bot/postgres/postgrestest"
	"careline/channels/wechat/wechattest"
)

// wechatDemo starts the demo as the official account of a platform.
func wechatDemo(t *testing.T, flags ...string) (*served, *wechattest.Platform) {
	t.Helper()
	p := wechattest.New(t)
	account := []string{"--wechat-app-id", p.AppID, "--wechat-secret", p.Secret, "--wechat-token", p.Token, "--wechat-aes-key", p.AESKey, "--wechat-api", p.URL}
	s := serve(t, postgrestest.NewDSN(t), append(account, flags...)...)
	p.SetCallback(s.url("/wechat/demo"))
	return s, p
}

// reads waits until something the account sent to a person holds the words.
func reads(t *testing.T, p *wechattest.Platform, openid, words string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	holds := func(m wechattest.Message) bool { return strings.Contains(m.Text, words) }
	for n := 1; !slices.ContainsFunc(p.Received(openid), holds); n = len(p.Received(openid)) + 1 {
		if _, err := p.Wait(ctx, openid, n); err != nil {
			var said []string
			for _, m := range p.Messages(openid) {
				said = append(said, m.Text)
			}
			t.Fatalf("%q never appeared: %v\n%s", words, err, strings.Join(said, "\n--\n"))
		}
	}
}

func TestAPatientInWeChatBindsAsksAndIsWarned(t *testing.T) {
	t.Parallel()
	s, p := wechatDemo(t, "--log-level", "debug")
	anna := p.Stranger("安娜")
	p.Follow(anna, "")
	reads(t, p, anna, "报告助手")
	p.Say(anna, "谷丙转氨酶 87 U/L，参考范围7-40，高吗？")
	reads(t, p, anna, "AI生成")
	code, factor := s.code(0)
	p.Say(anna, code)
	reads(t, p, anna, "这是谁的报告")
	p.Say(anna, "1")
	reads(t, p, anna, "6位核对码")
	p.Say(anna, factor)
	reads(t, p, anna, "同意下面的事")
	p.Say(anna, "同意")
	reads(t, p, anna, "可以对着报告讲了")
	p.Say(anna, "转氨酶这么高要紧吗")
	reads(t, p, anna, "7-40")
	p.SendImage(anna, []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00 invented"))
	reads(t, p, anna, "危急值")
	alarm := p.Say(anna, "我爸突然胸口压着疼，喘不上气")
	if !strings.Contains(alarm.Reply, "120") {
		t.Errorf("the callback answered %q", alarm.Reply)
	}
	reads(t, p, anna, "马上送到最近的医院急诊")
	for _, secret := range []string{anna, p.Secret, p.Token, p.AESKey, "谷丙转氨酶 87", "转氨酶这么高", "胸口压着疼"} {
		if strings.Contains(s.out.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

var printedPhone = regexp.MustCompile(`WeChat +(http://\S+)`)

func TestAPhoneToPlayWithIsServedBesideTheDemo(t *testing.T) {
	t.Parallel()
	s := serve(t, postgrestest.NewDSN(t), "--wechat-api", "fake")
	found := printedPhone.FindStringSubmatch(s.out.String())
	if found == nil {
		t.Fatalf("no phone was printed:\n%s", s.out)
	}
	answer, err := http.PostForm(found[1]+"/phone/do", url.Values{"do": {"follow"}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(page), "我的报告") || !strings.Contains(string(page), "Demo Hospital") {
		t.Errorf("%v: the page shows no menu of the demo's account", err)
	}
}
