package wechattest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"careline/channels/wechat/wechattest"
)

func TestACallBreaksAsItWasToldTo(t *testing.T) {
	t.Parallel()
	type outcome struct {
		lost    bool // the connection ended without an answer
		status  int
		code    int
		garbage bool
		shown   int // messages on the phone
	}
	for name, c := range map[string]struct {
		fault wechattest.Fault
		want  outcome
	}{
		"a code":                 {wechattest.Fault{Path: wechattest.PathSend, Code: 45047}, outcome{status: 200, code: 45047}},
		"busy":                   {wechattest.Fault{Code: -1}, outcome{status: 200, code: -1}},
		"an HTTP status":         {wechattest.Fault{Path: wechattest.PathSend, Status: 502}, outcome{status: 502, garbage: true}},
		"malformed JSON":         {wechattest.Fault{Path: wechattest.PathSend, Garbage: true}, outcome{status: 200, garbage: true, shown: 1}},
		"hanging up before":      {wechattest.Fault{Path: wechattest.PathSend, HangUp: wechattest.BeforeAccepting}, outcome{lost: true}},
		"hanging up after":       {wechattest.Fault{Path: wechattest.PathSend, HangUp: wechattest.AfterAccepting}, outcome{lost: true, shown: 1}},
		"slower than the caller": {wechattest.Fault{Path: wechattest.PathSend, Delay: 2 * time.Second}, outcome{lost: true, shown: 1}},
		"another call's fault":   {wechattest.Fault{Path: wechattest.PathTyping, Code: 45047}, outcome{status: 200, shown: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, a := start(t)
			openid := p.Join("赵一")
			p.Say(openid, "你好")
			token := a.token(false)
			p.Break(c.fault)
			patience := time.Minute
			if c.fault.Delay > 0 {
				patience = time.Second
			}
			if got := try(t, p, token, openid, patience); got.lost != c.want.lost || got.status != c.want.status || got.code != c.want.code || got.garbage != c.want.garbage {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			received, err := p.Wait(t.Context(), openid, c.want.shown)
			if err != nil || len(received) != c.want.shown {
				t.Errorf("%d messages came, want %d", len(received), c.want.shown)
			}
			if c.fault.Path == wechattest.PathTyping {
				return
			}
			if got := try(t, p, token, openid, time.Minute); got.code != 0 || got.lost {
				t.Errorf("after the fault: %+v", got)
			}
			if n := p.Calls(wechattest.PathSend); n != 2 {
				t.Errorf("%d calls are counted", n)
			}
		})
	}
}

type attempt struct {
	lost, garbage bool
	status, code  int
}

func try(t *testing.T, p *wechattest.Platform, token, openid string, patience time.Duration) (out attempt) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	body, err := json.Marshal(textTo(openid, "好"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+wechattest.PathSend+"?access_token="+token, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	// A request that cannot be read anew is not repeated by the client itself.
	r.GetBody = nil
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return attempt{lost: errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded)}
	}
	defer func() { _ = response.Body.Close() }()
	var got answer
	err = json.NewDecoder(response.Body).Decode(&got)
	return attempt{garbage: err != nil, status: response.StatusCode, code: got.Code}
}

func TestAFaultLastsAsLongAsItWasTold(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	p.Say(openid, "你好")
	p.Break(wechattest.Fault{Path: wechattest.PathSend, Code: -1, Times: 2})
	p.Break(wechattest.Fault{Path: wechattest.PathSend, Code: 45009, Times: -1})
	for i, want := range []int{-1, -1, 45009, 45009, 45009} {
		if code := a.send(openid, "好"); code != want {
			t.Errorf("send %d: %d, want %d", i, code, want)
		}
	}
	p.Mend()
	if code := a.send(openid, "好"); code != 0 {
		t.Errorf("mended: %d", code)
	}
	if p.Answers(wechattest.PathSend, 45009) != 3 || p.Answers(wechattest.PathSend, 0) != 1 || p.Calls(wechattest.PathSend) != 6 {
		t.Errorf("counted %d, %d, %d", p.Answers(wechattest.PathSend, 45009), p.Answers(wechattest.PathSend, 0), p.Calls(wechattest.PathSend))
	}
}

func TestACallThePlatformDoesNotHaveIsRefusedAndCounted(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	if got := a.post("/cgi-bin/clear_quota", a.token(false), map[string]string{"appid": p.AppID}); got.Code != 48001 || p.Calls("/cgi-bin/clear_quota") != 1 {
		t.Errorf("%+v, %d calls", got, p.Calls("/cgi-bin/clear_quota"))
	}
}
