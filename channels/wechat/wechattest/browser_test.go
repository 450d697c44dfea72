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
