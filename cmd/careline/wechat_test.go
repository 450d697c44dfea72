package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The markers of these tests: nothing prints them.
const (
	wechatSecret = "SECRET-2f6b0c"
	wechatToken  = "TOKEN-9a41"
)

// wechatAPI answers as the platform does; the answers to some paths can be changed.
func wechatAPI(t *testing.T, answers map[string]string) (settings []string, menu func() string) {
	t.Helper()
	made := ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, changed := answers[r.URL.Path]
		switch {
		case changed:
		case r.URL.Path == "/cgi-bin/stable_token":
			answer = fmt.Sprintf(`{"access_token":%q,"expires_in":7200}`, wechatToken)
		case r.URL.Path == "/cgi-bin/message/custom/typing":
			answer = `{"errcode":40003,"errmsg":"invalid openid"}`
		case r.URL.Path == "/cgi-bin/menu/create":
			raw, _ := io.ReadAll(r.Body)
			made, answer = string(raw), `{"errcode":0}`
		case r.URL.Path == "/cgi-bin/menu/get" && made == "":
			answer = `{"errcode":46003,"errmsg":"menu no exist"}`
		case r.URL.Path == "/cgi-bin/menu/get":
			answer = `{"menu":` + made + `}`
		case r.URL.Path == "/cgi-bin/qrcode/create":
			answer = `{"ticket":"t","expire_seconds":600,"url":"http://weixin.qq.com/q/kZgfwMTm"}`
		case r.URL.Path == "/wechat/default":
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return []string{"--wechat-app-id", "wx0123456789abcdef", "--wechat-secret", wechatSecret, "--wechat-token", "callbacktoken",
		"--wechat-aes-key", strings.Repeat("a", 42) + "A", "--wechat-api", s.URL, "--log-level", "debug"}, func() string { return made }
}

func wechatRun(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), args, stdio{in: strings.NewReader(""), out: &out, err: &out})
	for _, marker := range []string{wechatSecret, wechatToken} {
		if strings.Contains(out.String(), marker) {
			t.Errorf("careline %s prints %s: %s", strings.Join(args[:2], " "), marker, out.String())
		}
	}
	return out.String(), code
}

func TestTheTokenCommandSaysHowLongAndNothingElse(t *testing.T) {
	t.Parallel()
	settings, _ := wechatAPI(t, nil)
	said, code := wechatRun(t, append([]string{"wechat", "token"}, settings...)...)
	if code != 0 || said != "The access token is valid for 2h0m0s.\n" {
		t.Errorf("%d: %s", code, said)
	}
}

func TestTheMenuIsShownAndMade(t *testing.T) {
	t.Parallel()
	settings, made := wechatAPI(t, nil)
	said, code := wechatRun(t, append([]string{"wechat", "menu"}, settings...)...)
	if code != 0 || !strings.Contains(said, "no menu of ours") || made() != "" {
		t.Errorf("%d: %s", code, said)
	}
	said, code = wechatRun(t, append([]string{"wechat", "menu", "--create"}, settings...)...)
	if code != 0 || !strings.Contains(said, "更多\n  转人工\n") || !strings.Contains(made(), "隐私与投诉") {
		t.Errorf("%d: %s", code, said)
	}
	said, code = wechatRun(t, append([]string{"wechat", "menu"}, settings...)...)
	if code != 0 || !strings.HasPrefix(said, "我的报告\n问一问\n更多\n") {
		t.Errorf("%d: %s", code, said)
	}
}

func TestAQRCodeIsDrawnAndWritten(t *testing.T) {
	t.Parallel()
	settings, _ := wechatAPI(t, nil)
	file := filepath.Join(t.TempDir(), "code.png")
	said, code := wechatRun(t, append([]string{"wechat", "qr", "ward-3", "--valid", "10m", "--png", file}, settings...)...)
	if code != 0 || !strings.Contains(said, "▄") || !strings.HasSuffix(said, "http://weixin.qq.com/q/kZgfwMTm\nValid for 10m0s.\n") {
		t.Errorf("%d: %s", code, said)
	}
	if raw, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(raw, []byte("\x89PNG")) {
		t.Errorf("the picture: %d bytes, %v", len(raw), err)
	}
	said, code = wechatRun(t, append([]string{"wechat", "qr", strings.Repeat("s", 65)}, settings...)...)
	if code == 0 || !strings.Contains(said, "1 to 64 bytes") {
		t.Errorf("a long scene: %d: %s", code, said)
	}
}

func TestCheckSaysWhatToDoInTheConsole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		answers map[string]string
		says    []string
		ok      bool
	}{
		{"all is well but the menu", nil, []string{"ok    token", "valid for 2h0m0s", "ok    messages", "ok    url", "FAIL  menu", "wechat menu --create", "1 of 6 checks failed"}, false},
		{"an address that is not on the list", map[string]string{"/cgi-bin/stable_token": `{"errcode":40164,"errmsg":"invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist"}`},
			[]string{"FAIL  token", "WeChat sees 203.0.113.9", "IP白名单", "1 of 3 checks failed"}, false},
		{"a wrong secret", map[string]string{"/cgi-bin/stable_token": `{"errcode":40125,"errmsg":"invalid appsecret ` + wechatSecret + `"}`}, []string{"FAIL  token", "开发者密码(AppSecret)"}, false},
		{"an account without permission", map[string]string{"/cgi-bin/message/custom/typing": `{"errcode":48001,"errmsg":"api unauthorized"}`}, []string{"FAIL  messages", "已认证的服务号"}, false},
		{"something that is no API", map[string]string{"/cgi-bin/stable_token": `<html>` + wechatToken}, []string{"FAIL  token", "gives no answer"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			settings, _ := wechatAPI(t, test.answers)
			base := settings[9]
			said, code := wechatRun(t, append([]string{"wechat", "check", "--public-url", base}, settings...)...)
			if (code == 0) != test.ok {
				t.Errorf("exit code %d", code)
			}
			for _, want := range test.says {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not said:\n%s", want, said)
				}
			}
		})
	}
}

func TestCheckPassesWhenAllIsSetUp(t *testing.T) {
	t.Parallel()
	settings, _ := wechatAPI(t, nil)
	if said, code := wechatRun(t, append([]string{"wechat", "menu", "--create"}, settings...)...); code != 0 {
		t.Fatal(said)
	}
	said, code := wechatRun(t, append([]string{"wechat", "check", "--public-url", settings[9]}, settings...)...)
	if code != 0 || strings.Contains(said, "FAIL") || strings.Count(said, "ok  ") != 6 {
		t.Errorf("%d: %s", code, said)
	}
}

func TestWeChatsCommandsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	settings, _ := wechatAPI(t, nil)
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"nothing is named":      {[]string{"wechat", "token"}, "--wechat-app-id"},
		"a part is missing":     {append([]string{"wechat", "token"}, settings[:4]...), "belong together"},
		"the played platform":   {[]string{"wechat", "token", "--wechat-api", "fake"}, "careline serve"},
		"an API without TLS":    {append([]string{"wechat", "token"}, append(settings[:8:8], "--wechat-api", "http://api.example.org")...), "https://"},
		"a key of a bad shape":  {append([]string{"wechat", "check"}, append(settings[:6:6], "--wechat-aes-key", "short", "--wechat-api", settings[9])...), "EncodingAESKey"},
		"a field of no meaning": {append([]string{"wechat", "token", "--wechat-template-id", "t", "--wechat-template-fields", "thing1=result"}, settings...), "thing1=institution"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if said, code := wechatRun(t, test.args...); code == 0 || !strings.Contains(said, test.says) {
				t.Errorf("%d: %s", code, said)
			}
		})
	}
}
