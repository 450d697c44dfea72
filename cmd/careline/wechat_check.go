package main

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"careline/bot"
	"careline/bot/postgres"
	"careline/channels/wechat"
)

type wechatCheckCmd struct {
	PublicURL string `help:"Address patients and WeChat reach the service at." env:"CARELINE_PUBLIC_URL" name:"public-url"`
}

// Run checks the settings against WeChat itself; the database is not needed. Any
// failure is exit code 1.
func (c wechatCheckCmd) Run(ctx context.Context, io stdio, g *global) error {
	a, err := g.WeChat.account()
	if err != nil {
		return err
	}
	if _, err := g.WeChat.envelope(); err != nil {
		return err
	}
	checks := []postgres.Check{
		{Name: "callback", OK: true, Detail: "Token and EncodingAESKey have the right form; WeChat compares them when 服务器配置 is saved, in safe mode (安全模式)"},
		c.url(ctx, g.Institution), checkToken(ctx, a),
	}
	if checks[2].OK {
		checks = append(checks, checkMessages(ctx, a), checkMenu(ctx, a), checkNotices(a))
	}
	failed := 0
	for _, check := range checks {
		mark := "ok  "
		if !check.OK {
			mark = "FAIL"
			failed++
		}
		fmt.Fprintf(io.out, "%s  %-12s %s\n", mark, check.Name, check.Detail)
		if !check.OK && check.Remedy != "" {
			fmt.Fprintf(io.out, "      %s\n", check.Remedy)
		}
	}
	if failed > 0 {
		return bot.Errorf(bot.KindUnavailable, fmt.Sprintf("%d of %d checks failed.", failed, len(checks)), "wechat check: %d failed", failed)
	}
	return nil
}

// answersWithin is how long our own address may take to answer; WeChat itself
// waits five seconds.
const answersWithin = 5 * time.Second

// url asks our own callback what WeChat will ask it. An unsigned request is refused
// there, and a refusal shows that it was reached.
func (c wechatCheckCmd) url(ctx context.Context, institution string) postgres.Check {
	if institution == "" {
		institution = "default"
	}
	check := postgres.Check{Name: "url", Remedy: "WeChat calls it on port 443 or 80, from the internet: see that the name, the certificate and the proxy lead to `careline serve`."}
	if c.PublicURL == "" {
		check.Detail = "no public address is given"
		check.Remedy = "Give the address of the service with --public-url; 服务器地址(URL) in the console is that address and /wechat/" + institution + "."
		return check
	}
	address := publicAddress(c.PublicURL) + "/wechat/" + institution
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		check.Detail = "the public address is no address"
		return check
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		check.Detail = address + " does not answer from this machine"
		return check
	}
	defer resp.Body.Close()
	check.OK = resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusBadRequest
	check.Detail = fmt.Sprintf("%s answers; enter it as 服务器地址(URL)", address)
	if !check.OK {
		check.Detail = fmt.Sprintf("%s answers with status %d, which is not our callback", address, resp.StatusCode)
	}
	return check
}

func checkToken(ctx context.Context, a *wechat.Adapter) postgres.Check {
	life, err := a.Client.TokenLife(ctx)
	if err != nil {
		return postgres.Check{Name: "token", Detail: "no access token", Remedy: a.Explain(err)}
	}
	return postgres.Check{Name: "token", OK: true, Detail: fmt.Sprintf("AppID and AppSecret are accepted; the token is valid for %s", life.Round(time.Minute))}
}

// checkMessages asks for the typing sign for nobody: an account without the permission
// is told so before the openid is looked at.
func checkMessages(ctx context.Context, a *wechat.Adapter) postgres.Check {
	if err := a.Typing(ctx, bot.T("nobody")); err != nil && a.Misconfigured(err) {
		return postgres.Check{Name: "messages", Detail: "the account may not send customer-service messages", Remedy: a.Explain(err)}
	}
	return postgres.Check{Name: "messages", OK: true, Detail: "customer-service messages are permitted"}
}

func checkMenu(ctx context.Context, a *wechat.Adapter) postgres.Check {
	current, err := a.CurrentMenu(ctx)
	switch {
	case err != nil:
		return postgres.Check{Name: "menu", Detail: "the menu cannot be read", Remedy: a.Explain(err)}
	case !reflect.DeepEqual(current, wechat.Menu()):
		return postgres.Check{Name: "menu", Detail: "the account's menu is not ours", Remedy: "`careline wechat menu --create` makes it; taps on other buttons are not understood."}
	}
	return postgres.Check{Name: "menu", OK: true, Detail: "the menu is there"}
}

func checkNotices(a *wechat.Adapter) postgres.Check {
	detail := "a template is named for notices of new reports"
	if a.Notice.TemplateID == "" && a.Notice.SubscribeID == "" {
		detail = "none is configured: people hear of a new report when they write"
	}
	return postgres.Check{Name: "notices", OK: true, Detail: detail}
}
