package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"careline/bot/postgres/postgrestest"
)

// tab is a tab of a real browser; the window is a phone's unless wide.
type tab struct {
	*testing.T
	ctx context.Context
}

func browser(t *testing.T, wide bool) *tab {
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
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	width, height := int64(390), int64(844)
	if wide {
		width, height = 1360, 860
	}
	b := &tab{t, ctx}
	b.do(chromedp.EmulateViewport(width, height))
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// js evaluates an expression in the page.
func js[T any](b *tab, expression string) T {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return value
}

// until waits for an expression to be true, whatever page is loading meanwhile.
func (b *tab) until(expression string) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		value, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && value {
			return
		}
		if time.Now().After(deadline) {
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
			b.picture("missing")
			b.Fatalf("never true: %s, %v; the page says\n%s", expression, err, text)
		}
	}
}

func (b *tab) open(address string) { b.Helper(); b.do(chromedp.Navigate(address)) }

// see waits until the words stand on the page.
func (b *tab) see(words string) {
	b.Helper()
	b.until(`document.body && document.body.innerText.includes(` + strconv.Quote(words) + `)`)
}

func (b *tab) has(selector string) {
	b.Helper()
	b.until(`document.querySelector(` + strconv.Quote(selector) + `)`)
}

// styled checks that every style sheet the page names was served.
func (b *tab) styled() {
	b.Helper()
	b.until(`document.styleSheets.length > 0 && document.styleSheets.length === document.querySelectorAll("link[rel=stylesheet]").length && [...document.styleSheets].every((sheet) => sheet.cssRules.length > 0)`)
}

// click uses the page's own click, which does not depend on scrolling.
func (b *tab) click(selector string) {
	b.Helper()
	b.has(selector)
	js[bool](b, `(document.querySelector(`+strconv.Quote(selector)+`).click(), true)`)
}

func (b *tab) write(selector, text string) {
	b.Helper()
	b.has(selector)
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// picture keeps a screenshot for the README where CARELINE_SCREENSHOTS names a folder.
func (b *tab) picture(name string) {
	b.Helper()
	folder := os.Getenv("CARELINE_SCREENSHOTS")
	if folder == "" {
		return
	}
	time.Sleep(500 * time.Millisecond) // a scrolled answer, a closing sheet
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
		b.Fatal(err)
	}
}

func (b *tab) ask(text string) {
	b.Helper()
	b.write("#text", text)
	b.click(".send")
}

// enter goes through consent and binding as a new visitor does.
func (b *tab) enter(s *served, n int, relation, language string) {
	b.Helper()
	code, factor := s.code(n)
	b.open(s.url("/w/demo?lang=" + language))
	b.has(".consent")
	b.styled()
	b.picture("consent-" + language)
	js[bool](b, `(document.querySelectorAll("input[name=purpose]").forEach((box) => { box.checked = true; }), true)`)
	b.click(`button[value=agree]`)
	b.click("a.chip.add")
	b.write("#code", code)
	b.write("#factor", factor)
	b.click(`input[name=relation][value=` + relation + `]`)
	b.click(`[data-sheet-form] button.primary`)
	b.has(`.people form .chip[aria-pressed=true]`)
}

func TestAPatientAsksReadsTheEvidenceAndRates(t *testing.T) {
	t.Parallel()
	s := serve(t, postgrestest.NewDSN(t))
	b := browser(t, false)
	b.enter(s, 0, "self", "zh")
	b.ask("转氨酶这么高要紧吗？")
	b.see("7-40")
	b.see("AI 生成")
	b.picture("phone-zh")

	b.click(".message.assistant .after a[href*=answers]:not([href$=full])")
	b.see("尚待医生审核")
	b.picture("evidence-zh")
	b.click("[data-sheet-body] a[href*=trend]")
	b.has("[data-sheet-body] svg circle, [data-sheet-body] svg path")
	b.picture("trend-zh")
	b.click("[data-shut]")

	b.click(".message.assistant .thumbs button[value=yes]")
	b.has(".thumbs output")
}

func TestThePageSpeaksEnglish(t *testing.T) {
	t.Parallel()
	s := serve(t, postgrestest.NewDSN(t))
	b := browser(t, false)
	b.enter(s, 0, "self", "en")
	b.ask("My ALT is high. Is that serious?")
	b.see("7-40")
	b.see("AI-generated")
	b.picture("phone-en")
}

func TestThePageSurvivesARestartWithoutLosingOrDoublingAMessage(t *testing.T) {
	t.Parallel()
	s := serve(t, postgrestest.NewDSN(t))
	b := browser(t, false)
	b.enter(s, 0, "self", "zh")
	b.ask("肌酐高吗？")
	b.see("41-73")
	s.end()
	// Written while nobody listens: the page keeps it.
	b.ask("谷丙转氨酶要紧吗？")
	time.Sleep(500 * time.Millisecond)
	s.start()
	b.see("7-40")
	time.Sleep(time.Second)
	asked, answered := js[int](b, `document.querySelectorAll(".message.patient").length`), js[int](b, `document.querySelectorAll(".message.assistant").length`)
	if asked != 2 || answered != 2 {
		t.Errorf("%d questions and %d answers on the page, want 2 and 2", asked, answered)
	}
}

func TestAPersonTakesOverAndThePatientSeesIt(t *testing.T) {
	t.Parallel()
	s := serve(t, postgrestest.NewDSN(t))
	phone, desk := browser(t, false), browser(t, true)
	phone.enter(s, 0, "self", "zh")

	desk.open(s.url("/staff/demo?lang=zh"))
	desk.write("#login", demoLogin)
	desk.write("#password", demoPassword)
	desk.picture("sign-in-zh")
	desk.click("main form button")
	desk.has("[data-queue]")
	desk.styled()

	phone.ask("我爸胸口疼得喘不上气")
	phone.see("120")
	phone.see("自动发送")
	phone.picture("emergency-zh")
	desk.see("胸口疼")
	desk.picture("queue-zh")
	desk.click(".case.emergency:has(q) a")
	desk.click("[data-claim]")
	desk.write("#reply", "我是值班医生。请先打120，您父亲现在清醒吗？")
	desk.picture("case-zh")
	desk.click("form.reply button.primary")
	phone.see("我是值班医生")
	phone.picture("person-zh")
}

func TestTheDemoShowsPhoneAndDeskOnOneScreen(t *testing.T) {
	t.Parallel()
	s := serve(t, postgrestest.NewDSN(t))
	b := browser(t, true)
	b.open(s.url("/demo?lang=zh"))
	b.has(".question")
	b.styled()
	questions, critical := js[int](b, `document.querySelectorAll(".question").length`), js[int](b, `document.querySelectorAll(".question .danger").length`)
	if questions != 5 || critical != 1 {
		t.Errorf("%d questions, %d of them critical; want 5 and 1", questions, critical)
	}
	in := func(frame, selector string) string {
		return fmt.Sprintf(`frames[%q]?.document?.querySelector(%q)`, frame, selector)
	}
	b.until(in("phone", ".consent"))
	js[bool](b, `(frames["phone"].document.querySelectorAll("input[name=purpose]").forEach((box) => { box.checked = true; }), `+in("phone", "button[value=agree]")+`.click(), true)`)
	b.until(in("phone", "#text"))
	b.until(in("staff", "#login"))
	js[bool](b, fmt.Sprintf(`(%s.value = %q, %s.value = %q, %s.submit(), true)`, strings.Replace(in("staff", "#login"), "?.", ".", -1), demoLogin,
		strings.Replace(in("staff", "#password"), "?.", ".", -1), demoPassword, in("staff", "main form")))
	b.until(in("staff", "[data-queue]"))
	b.click(`.question:has(.danger)`)
	b.until(`frames["phone"]?.document?.body?.innerText.includes("7.1")`)
	b.until(in("staff", ".case.emergency"))
	b.picture("demo-zh")
}
