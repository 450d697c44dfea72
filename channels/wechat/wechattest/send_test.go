package wechattest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"careline/channels/wechat/wechattest"
)

func TestACustomerServiceMessageIsRefusedWithTheDocumentedCode(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	p.Say(openid, "你好")
	token := a.token(false)
	for name, c := range map[string]struct {
		token string
		body  any
		code  int
	}{
		"no token":                {"", textTo(openid, "好"), 41001},
		"an invented token":       {"invented", textTo(openid, "好"), 40001},
		"an unknown openid":       {token, textTo("oNobody", "好"), 40003},
		"2,049 bytes":             {token, textTo(openid, strings.Repeat("a", 2049)), 45002},
		"683 characters too many": {token, textTo(openid, strings.Repeat("好", 683)), 45002},
		"no text":                 {token, textTo(openid, ""), 44004},
		"no body":                 {token, "", 44002},
		"no JSON":                 {token, "{", 47001},
		"an unknown kind":         {token, map[string]string{"touser": openid, "msgtype": "poem"}, 40008},
		"a picture nobody sent":   {token, map[string]any{"touser": openid, "msgtype": "image", "image": map[string]string{"media_id": "M"}}, 40007},
		"typing: unknown command": {token, map[string]string{"touser": openid, "command": "Sing"}, 45072},
	} {
		path := wechattest.PathSend
		if strings.HasPrefix(name, "typing") {
			path = wechattest.PathTyping
		}
		if got := a.post(path, c.token, c.body); got.Code != c.code || got.Words == "" {
			t.Errorf("%s: %d %q, want %d", name, got.Code, got.Words, c.code)
		}
	}
	if n := len(p.Received(openid)); n != 0 {
		t.Errorf("%d refused messages reached the phone", n)
	}
}

func TestAPhoneShowsWhatWasSentInOrderAndByWhichCall(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	p.Say(openid, "血钾 5.8 高吗")
	longest := strings.Repeat("好", 682) + "ab"
	if code := a.send(openid, longest); code != 0 {
		t.Fatalf("2,048 bytes: %d", code)
	}
	choices := []wechattest.Choice{{ID: "1", Content: "看懂了"}, {ID: "2", Content: "没看懂"}}
	menu := map[string]any{"touser": openid, "msgtype": "msgmenu", "aimsgcontext": map[string]int{"is_ai_msg": 1},
		"msgmenu": map[string]any{"head_content": "看懂了吗？", "list": choices, "tail_content": "点一下即可"}}
	if got := a.post(wechattest.PathSend, a.token(false), menu); got.Code != 0 {
		t.Fatalf("menu: %+v", got)
	}
	want := []wechattest.Message{
		{Kind: "text", Text: "血钾 5.8 高吗"},
		{By: wechattest.ByCustomSend, Kind: "text", Text: longest},
		{By: wechattest.ByCustomSend, Kind: "msgmenu", Text: "看懂了吗？", Choices: choices, Tail: "点一下即可", AI: true},
	}
	if d := cmp.Diff(want, p.Messages(openid), cmpopts.IgnoreFields(wechattest.Message{}, "Number", "At")); d != "" {
		t.Error(d)
	}
}

func TestTypingNeedsARecentExchangeAndIsNotRepeated(t *testing.T) {
	t.Parallel()
	p, a := start(t, frozen)
	openid := p.Join("赵一")
	typing := func(command string) int {
		return a.post(wechattest.PathTyping, a.token(false), map[string]string{"touser": openid, "command": command}).Code
	}
	for _, s := range []struct {
		name  string
		does  func(*wechattest.Platform, string)
		code  int
		shows bool
	}{
		{"before any exchange", nothing, 45080, false},
		{"after the person wrote", say, 0, true},
		{"a second time", nothing, 45081, true},
		{"after 15 seconds", passes(16e9), 0, true},
		{"after 30 seconds of silence", passes(31e9), 45080, false},
	} {
		s.does(p, openid)
		if code := typing("Typing"); code != s.code || p.Typing(openid) != s.shows {
			t.Errorf("%s: %d, shown: %v; want %d, %v", s.name, code, p.Typing(openid), s.code, s.shows)
		}
	}
	say(p, openid)
	typing("Typing")
	if a.send(openid, "好"); p.Typing(openid) {
		t.Error("still typing after the message came")
	}
	typing("Typing")
	if code := typing("CancelTyping"); code != 0 || p.Typing(openid) {
		t.Errorf("cancelled: %d, shown: %v", code, p.Typing(openid))
	}
}
