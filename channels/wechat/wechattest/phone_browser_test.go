package wechattest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/channels/wechat/wechattest"
)

// tab is a tab of a real browser.
type tab struct {
	*testing.T
	ctx context.Context
}

func browser(t *testing.T) *tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("the page is tested in a real browser; ./setup.sh --test installs Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("no-first-run", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return &tab{t, ctx}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

func (b *tab) size(width, height int64) { b.Helper(); b.do(chromedp.EmulateViewport(width, height)) }

// until waits for an expression to be true.
func (b *tab) until(expression string) {
	b.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		value, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && value {
			return
		}
		if time.Now().After(deadline) {
			words, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
			b.Fatalf("never true: %s, %v; the page says\n%s", expression, err, words)
		}
	}
}

func (b *tab) see(words string) {
	b.Helper()
	b.until(`document.body.innerText.includes(` + strconv.Quote(words) + `)`)
}

func (b *tab) click(selector string) {
	b.Helper()
	b.until(`document.querySelector(` + strconv.Quote(selector) + `)`)
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`(document.querySelector(`+strconv.Quote(selector)+`).click(), true)`)); err != nil {
		b.Fatal(err)
	}
}

func (b *tab) write(selector, words string) {
	b.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), words))
}

// picture keeps a screenshot where CARELINE_SCREENSHOTS names a folder.
func (b *tab) picture(name string) {
	b.Helper()
	folder := os.Getenv("CARELINE_SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}

func TestAPersonCanPlayAPatientInTheBrowser(t *testing.T) {
	p, a := start(t)
	p.Stranger("林小满")
	p.Join("陈建国")
	a.post(wechattest.PathMenuCreate, a.token(false), buttons{"button": {
		{Name: "报告", Subs: []wechattest.Button{{Kind: "click", Name: "我的报告", Key: "reports"}, {Kind: "click", Name: "问一问", Key: "ask"}}},
		{Kind: "click", Name: "转人工", Key: "person"},
		{Name: "我的", Subs: []wechattest.Button{{Kind: "click", Name: "家人", Key: "family"}, {Kind: "view", Name: "隐私与投诉", URL: "https://example.org/p"}}},
	}})
	b := browser(t)
	b.size(1180, 900)
	b.do(chromedp.Navigate(p.URL + "/?lang=zh"))
	b.see("您还没有关注这个公众号")
	b.click(`.invite button[value=follow]`)
	b.see("转人工")
	last := func() message.MixMessage { got := a.messages(); return got[len(got)-1] }
	openid := string(a.waitFor(1)[0].FromUserName)

	b.write(`textarea[name=text]`, "血钾 5.8 是不是很高？"+"\r")
	b.until(`document.querySelector("textarea").value.trim() === ""`)
	a.waitFor(2)
	a.post(wechattest.PathTyping, a.token(false), map[string]string{"touser": openid, "command": "Typing"})
	b.see("对方正在输入")
	a.send(openid, "您的血钾 5.8 mmol/L，比参考范围 3.5–5.3 偏高一些。\n请在今天之内联系医生。\n全文：https://example.org/full/7")
	b.until(`document.querySelector('.theirs a[href="https://example.org/full/7"]')`)
	b.until(`!document.body.innerText.includes("对方正在输入")`)
	a.post(wechattest.PathSend, a.token(false), map[string]any{"touser": openid, "msgtype": "msgmenu", "aimsgcontext": map[string]int{"is_ai_msg": 1},
		"msgmenu": map[string]any{"head_content": "这样说清楚了吗？", "list": []wechattest.Choice{{ID: "101", Content: "看懂了"}, {ID: "102", Content: "没看懂"}}, "tail_content": ""}})
	b.see("内容由 AI 生成")
	b.see("1 / 3 条")
	b.click(`.theirs button[value="看懂了"]`)
	if a.waitFor(3); last().Content != "看懂了" || last().BizMsgMenuID != 101 {
		t.Errorf("the choice came as %+v", last())
	}
	b.click(`.shelf button[value=reports]`)
	if a.waitFor(4); last().EventKey != "reports" {
		t.Errorf("the menu's tap came as %+v", last())
	}
	b.click(`.shelf details summary`)
	b.picture("wechat-menu")
	b.click(`button[value=photo]`)
	if a.waitFor(5); last().MsgType != "image" {
		t.Errorf("the photo came as %+v", last())
	}
	b.until(`document.querySelector(".said.image img")?.naturalWidth > 100`)
	b.click(`.extras summary`)
	b.picture("wechat-extras")
	b.write(`.subs input[name=text]`, "我听不清")
	b.click(`.subs .row:not(.even) button`)
	if a.waitFor(6); last().MsgType != "voice" {
		t.Errorf("the voice came as %+v", last())
	}
	b.write(`.panel input[placeholder^="绑定码"]`, "b_7QK2")
	b.click(`.panel form:has([value=scan]) button`)
	if a.waitFor(7); last().Event != message.EventScan || last().EventKey != "b_7QK2" {
		t.Errorf("the scan came as %+v", last())
	}
	b.picture("wechat-wide")

	b.click(`.panel button[value=spent]`)
	b.see("等着发生：1")
	if code := a.send(openid, "好"); code != 45047 {
		t.Errorf("after breaking: %d", code)
	}
	b.click(`.panel button[value="48h"]`)
	b.see("窗口已关")
	if code := a.send(openid, "好"); code != 45015 {
		t.Errorf("after 48 hours: %d", code)
	}
	a.post(wechattest.PathTemplate, a.token(false), notice(openid, "T1", ""))
	b.see("服务通知")
	b.picture("wechat-closed")
	b.size(390, 844)
	b.picture("wechat-phone")

	b.size(1180, 900)
	b.do(chromedp.Navigate(p.URL + "/?lang=en"))
	b.see("Scan a code")
	b.until(`(document.querySelector("select[name=who]").selectedIndex = 1, document.querySelector("select[name=who]").dispatchEvent(new Event("change", {bubbles: true})), true)`)
	b.see("No messages yet")
	b.picture("wechat-english")
	b.click(`button[value=unfollow]`)
	b.see("You do not follow this account")
	if got := a.waitFor(9); got[8].Event != message.EventUnsubscribe || string(got[8].FromUserName) == openid {
		t.Errorf("the second person's unfollow came as %+v", got[8])
	}
}
