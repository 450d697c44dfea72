package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"careline/bot"
	"careline/channels/wechat"
)

type wechatCmd struct {
	Check wechatCheckCmd `cmd:"" help:"See whether the settings are right, and what to change in WeChat's console where they are not."`
	Token wechatTokenCmd `cmd:"" help:"Fetch an access token and say how long it is valid; the token is not shown."`
	Menu  wechatMenuCmd  `cmd:"" help:"Show the account's menu, or make it."`
	QR    wechatQRCmd    `cmd:"" name:"qr" help:"Make a QR code that brings people to the account and tells us a word when it is scanned."`
}

// account is the official account of the settings, for a command that needs no
// database.
func (c wechatConfig) account() (*wechat.Adapter, error) {
	if c.API == fakePlatform {
		return nil, bot.Errorf(bot.KindInvalid, "The WeChat that is played on this machine lives inside `careline serve`; its page does what this command does.", "wechat: a command for the played platform")
	}
	if !c.configured() {
		return nil, bot.Errorf(bot.KindInvalid, "Name the official account with --wechat-app-id, --wechat-secret, --wechat-token and --wechat-aes-key (or CARELINE_WECHAT_APP_ID and so on).", "wechat: not configured")
	}
	if err := c.Validate(); err != nil {
		return nil, bot.Errorf(bot.KindInvalid, err.Error(), "wechat: named in part")
	}
	return c.adapter(nil)
}

// advised turns an error of the API into sentences for the operator.
func advised(a *wechat.Adapter, err error) error {
	if bot.KindOf(err) == bot.KindInvalid {
		return err
	}
	return bot.Errorf(bot.KindUnavailable, a.Explain(err), "wechat: %w", err)
}

type wechatTokenCmd struct{}

// Run fetches a token.
func (wechatTokenCmd) Run(ctx context.Context, io stdio, g *global) error {
	a, err := g.WeChat.account()
	if err != nil {
		return err
	}
	life, err := a.Client.TokenLife(ctx)
	if err != nil {
		return advised(a, err)
	}
	fmt.Fprintf(io.out, "The access token is valid for %s.\n", life.Round(time.Minute))
	return nil
}

type wechatMenuCmd struct {
	Create bool `help:"Replace the account's menu by Careline's."`
}

// Run shows the menu the account has, or makes ours.
func (c wechatMenuCmd) Run(ctx context.Context, io stdio, g *global) error {
	a, err := g.WeChat.account()
	if err != nil {
		return err
	}
	if c.Create {
		if err := a.CreateMenu(ctx); err != nil {
			return advised(a, err)
		}
		fmt.Fprintln(io.out, "The menu is made. People see it within minutes; who follows anew sees it at once.")
		printMenu(io.out, wechat.Menu(), "")
		return nil
	}
	current, err := a.CurrentMenu(ctx)
	if err != nil {
		return advised(a, err)
	}
	if len(current) == 0 {
		fmt.Fprintln(io.out, "The account has no menu of ours. `careline wechat menu --create` makes this one:")
		current = wechat.Menu()
	}
	printMenu(io.out, current, "")
	return nil
}

func printMenu(w io.Writer, all []wechat.Button, indent string) {
	for _, b := range all {
		fmt.Fprintf(w, "%s%s\n", indent, b.Name)
		printMenu(w, b.Below, indent+"  ")
	}
}
