package wechat

import (
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/channels"
)

func TestTheMenuIsWithinThePlatformsLimits(t *testing.T) {
	t.Parallel()
	all := Menu()
	if len(all) != 3 {
		t.Fatalf("%d buttons", len(all))
	}
	for _, b := range all {
		if len(b.Name) > 16 || len(b.Below) > 5 || (b.Key == "") == (len(b.Below) == 0) {
			t.Errorf("button %+v", b)
		}
		for _, s := range b.Below {
			if len(s.Name) > 60 || s.Key == "" || len(s.Below) > 0 {
				t.Errorf("button %+v", s)
			}
		}
	}
}

func TestATapStandsForTheButtonsWords(t *testing.T) {
	t.Parallel()
	want := map[string]string{"report": "我的报告", "ask": "问一问", "human": "转人工", "family": "家人", "privacy": "隐私与投诉"}
	if got := Words(); !reflect.DeepEqual(got, want) {
		t.Errorf("words %v", got)
	}
}

func TestTheMenuIsMadeAndReadBack(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.adapter(t)
	if err := a.CreateMenu(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := p.posted("/cgi-bin/menu/create")[0]
	if !strings.Contains(made, `{"type":"click","name":"我的报告","key":"report"}`) {
		t.Errorf("posted %s", made)
	}
	p.set("/cgi-bin/menu/get", `{"menu":`+made+`}`)
	if got, err := a.CurrentMenu(t.Context()); err != nil || !reflect.DeepEqual(got, Menu()) {
		t.Errorf("read back %+v, %v", got, err)
	}
	p.set("/cgi-bin/menu/get", `{"errcode":46003,"errmsg":"menu no exist"}`)
	if got, err := a.CurrentMenu(t.Context()); err != nil || got != nil {
		t.Errorf("without a menu: %+v, %v", got, err)
	}
}

func TestAQRCodeCarriesASceneOfAtMost64Bytes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.adapter(t)
	p.set("/cgi-bin/qrcode/create", `{"ticket":"t","expire_seconds":600,"url":"http://weixin.qq.com/q/1"}`)
	got, err := a.QR(t.Context(), bot.T(strings.Repeat("s", 64)), 10*time.Minute)
	if err != nil || got.URL != "http://weixin.qq.com/q/1" || got.Life != 10*time.Minute {
		t.Errorf("%+v, %v", got, err)
	}
	var body struct {
		Seconds int64  `json:"expire_seconds"`
		Action  string `json:"action_name"`
		Info    struct {
			Scene struct {
				Text string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	if err := json.Unmarshal([]byte(p.posted("/cgi-bin/qrcode/create")[0]), &body); err != nil || body.Seconds != 600 || body.Action != "QR_STR_SCENE" || len(body.Info.Scene.Text) != 64 {
		t.Errorf("posted %+v, %v", body, err)
	}
	for _, bad := range []struct {
		scene string
		life  time.Duration
	}{{"", time.Minute}, {strings.Repeat("s", 65), time.Minute}, {"s", 0}, {"s", 31 * 24 * time.Hour}} {
		if _, err := a.QR(t.Context(), bot.T(bad.scene), bad.life); bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("%d bytes for %s: %v", len(bad.scene), bad.life, err)
		}
	}
}

func TestTheAuthorizationAddressIsEscaped(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.adapter(t)
	address := a.AuthorizeURL("a&b=c#d e", "https://care.example.org/wechat/full?id=1&x=2")
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("state") != "a&b=c#d e" || q.Get("redirect_uri") != "https://care.example.org/wechat/full?id=1&x=2" || q.Get("appid") != "wx0123456789abcdef" ||
		q.Get("scope") != "snsapi_base" || u.Fragment != "wechat_redirect" || u.Path != "/connect/oauth2/authorize" {
		t.Errorf("address %s", address)
	}
	// WeChat compares the address with a pattern: the parameters keep this order.
	at := -1
	for _, name := range []string{"appid=", "redirect_uri=", "response_type=", "scope=", "state="} {
		next := strings.Index(address, name)
		if next < at {
			t.Errorf("%s stands too early in %s", name, address)
		}
		at = next
	}
}

func TestACodeSaysWhoCameAndAPreviewNobody(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.adapter(t)
	for _, test := range []struct {
		answer string
		want   string
		kind   bot.ErrorKind
	}{
		{`{"openid":"` + theOpenID + `","access_token":"x","scope":"snsapi_base"}`, theOpenID, ""},
		{`{"openid":"o1","is_snapshotuser":1}`, "", bot.KindForbidden},
		{`{"errcode":40029,"errmsg":"invalid code"}`, "", bot.KindForbidden},
		{`{}`, "", bot.KindForbidden},
	} {
		p.set("/sns/oauth2/access_token", test.answer)
		got, err := a.OpenID(t.Context(), "c&d")
		if got.Plain() != test.want || (err == nil) != (test.kind == "") || err != nil && bot.KindOf(err) != test.kind {
			t.Errorf("%s: %q, %v", test.answer, got.Plain(), err)
		}
	}
}

func TestANoticeSaysWhereAndWhenAndNothingOfTheResult(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	fields := map[string]string{"thing1": "institution", "time2": "time", "date3": "date", "phrase4": "what"}
	notice := channels.ReportNotice{Institution: "示范医院检验科与体检中心以及健康管理中心总院", ReportedAt: time.Date(2026, 11, 3, 10, 14, 0, 0, time.UTC), Language: bot.Chinese}
	want := map[string]string{"thing1": "示范医院检验科与体检中心以及健康管理中心", "time2": "2026年11月3日 10:14", "date3": "2026年11月3日", "phrase4": "检验报告"}
	for _, test := range []struct {
		name, path, ref, answer string
		notice                  Notice
	}{
		{"template", "/cgi-bin/message/template/send", "9007199254740993", `{"errcode":0,"msgid":9007199254740993}`, Notice{TemplateID: "tpl", SubscribeID: "sub", Fields: fields}},
		{"subscription", "/cgi-bin/message/subscribe/bizsend", "", `{"errcode":0}`, Notice{SubscribeID: "sub", Fields: fields}},
	} {
		p.set(test.path, test.answer)
		a := p.adapter(t, func(c *Config) { c.Notice = test.notice })
		ref, err := a.ReportReady(t.Context(), bot.T(theOpenID), notice)
		if err != nil || ref != test.ref {
			t.Fatalf("%s: ref %q, %v", test.name, ref, err)
		}
		var body struct {
			To   string `json:"touser"`
			Data map[string]struct{ Value string }
		}
		if err := json.Unmarshal([]byte(p.posted(test.path)[0]), &body); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for field, v := range body.Data {
			got[field] = v.Value
		}
		if body.To != theOpenID || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: to the person %v, fields %v", test.name, body.To == theOpenID, got)
		}
	}
}

func TestANoticeNobodyMayGetIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	configured := Notice{TemplateID: "tpl", Fields: map[string]string{"thing1": "institution"}}
	for _, test := range []struct {
		name     string
		notice   Notice
		code     string
		kind     channels.SendKind
		operator bool
	}{
		{"no template", Notice{}, "0", channels.Never, false},
		{"does not follow", configured, "43004", channels.Never, false},
		{"did not agree", configured, "43101", channels.Never, false},
		{"a template of another account", configured, "40037", channels.Never, true},
		{"the quota of the day", configured, "45009", channels.Later, true},
	} {
		p.set("/cgi-bin/message/template/send", `{"errcode":`+test.code+`}`)
		_, err := p.adapter(t, func(c *Config) { c.Notice = test.notice }).ReportReady(t.Context(), bot.T(theOpenID), channels.ReportNotice{})
		if e, ok := errors.AsType[*channels.SendError](err); !ok || e.Kind != test.kind || e.Operator != test.operator {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestANoticesFieldsAreChecked(t *testing.T) {
	t.Parallel()
	client := newPlatform(t).adapter(t).Client
	for name, n := range map[string]Notice{
		"a field of no shape":   {TemplateID: "t", Fields: map[string]string{"thing-1": "institution"}},
		"a value of the result": {TemplateID: "t", Fields: map[string]string{"thing1": "result"}},
		"no fields":             {SubscribeID: "s"},
	} {
		if _, err := New(Config{Client: client, Notice: n}); bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
