package wechattest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"careline/channels/wechat/wechattest"
)

type buttons map[string][]wechattest.Button

func TestTheMenuIsWhatWasCreatedLast(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	if none, _, _ := a.get(wechattest.PathMenuGet, a.with()); none.Code != 46003 {
		t.Errorf("before: %+v", none)
	}
	want := []wechattest.Button{
		{Kind: "click", Name: "我的报告", Key: "reports"},
		{Name: "更多", Subs: []wechattest.Button{{Kind: "view", Name: "隐私与投诉", URL: "https://example.org"}}},
	}
	if got := a.post(wechattest.PathMenuCreate, a.token(false), buttons{"button": want}); got.Code != 0 {
		t.Fatalf("created: %+v", got)
	}
	if d := cmp.Diff(want, p.Menu()); d != "" {
		t.Error(d)
	}
	if _, body, _ := a.get(wechattest.PathMenuGet, a.with()); !strings.Contains(string(body), `{"menu":{"button":[{"type":"click","name":"我的报告","key":"reports"}`) {
		t.Errorf("read: %s", body)
	}
	if got, _, _ := a.get(wechattest.PathMenuDelete, a.with()); got.Code != 0 || len(p.Menu()) != 0 {
		t.Errorf("deleted: %+v, %v", got, p.Menu())
	}
}

func TestAMenuBeyondTheLimitsIsRefused(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	click := wechattest.Button{Kind: "click", Name: "问", Key: "ask"}
	many := func(n int) (all []wechattest.Button) {
		for range n {
			all = append(all, click)
		}
		return all
	}
	for name, c := range map[string]struct {
		menu []wechattest.Button
		code int
	}{
		"three buttons":      {many(3), 0},
		"no buttons":         {nil, 40016},
		"four buttons":       {many(4), 40016},
		"six entries below":  {[]wechattest.Button{{Name: "更多", Subs: many(6)}}, 40023},
		"17 bytes of name":   {[]wechattest.Button{{Kind: "click", Name: "隐私与投诉 x", Key: "k"}}, 40018},
		"an unknown kind":    {[]wechattest.Button{{Kind: "sing", Name: "问", Key: "k"}}, 40017},
		"a click keyless":    {[]wechattest.Button{{Kind: "click", Name: "问"}}, 40019},
		"a view to nowhere":  {[]wechattest.Button{{Kind: "view", Name: "问"}}, 40020},
		"a long entry below": {[]wechattest.Button{{Name: "更多", Subs: []wechattest.Button{{Kind: "click", Name: strings.Repeat("长", 21), Key: "k"}}}}, 40018},
	} {
		if got := a.post(wechattest.PathMenuCreate, a.token(false), buttons{"button": c.menu}); got.Code != c.code {
			t.Errorf("%s: %d, want %d", name, got.Code, c.code)
		}
	}
	if len(p.Menu()) != 3 {
		t.Errorf("a refused menu replaced the good one: %v", p.Menu())
	}
}
