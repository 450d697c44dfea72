package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"careline/bot"
	"careline/channels/wecom"
	"careline/channels/weixin"
)

// wecomConfig is one customer-service account of WeCom (微信客服). The flags say what
// each setting is called in WeCom's console (work.weixin.qq.com).
type wecomConfig struct {
	CorpID         string `help:"WeCom: 我的企业 → 企业信息 → 企业ID; empty: no WeCom." env:"CARELINE_WECOM_CORP_ID" name:"corp-id"`
	Secret         string `help:"WeCom: Secret of the application (应用管理 → 自建) that 微信客服 → API → 可调用接口的应用 names." env:"CARELINE_WECOM_SECRET" name:"secret"`
	Token          string `help:"WeCom: Token of the callback (接收事件服务器)." env:"CARELINE_WECOM_TOKEN" name:"token"`
	AESKey         string `help:"WeCom: EncodingAESKey of the callback (接收事件服务器)." env:"CARELINE_WECOM_AES_KEY" name:"aes-key"`
	AESKeyPrevious string `help:"WeCom: the EncodingAESKey before, while it is changed." env:"CARELINE_WECOM_AES_KEY_PREVIOUS" name:"aes-key-previous"`
	OpenKFID       string `help:"WeCom: id of the customer-service account (open_kfid, begins with wk)." env:"CARELINE_WECOM_OPEN_KFID" name:"open-kfid"`
	API            string `help:"WeCom: where its interfaces are reached; empty: https://qyapi.weixin.qq.com." env:"CARELINE_WECOM_API" name:"api"`
}

// wanted reports whether WeCom is to be served.
func (c wecomConfig) wanted() bool { return c.CorpID != "" }

// Validate refuses an account that is named in part.
func (c wecomConfig) Validate() error {
	given := []string{c.CorpID, c.Secret, c.Token, c.AESKey, c.OpenKFID}
	missing := slices.Contains(given, "")
	if missing && slices.ContainsFunc(given, func(s string) bool { return s != "" }) {
		return errors.New("--wecom-corp-id, --wecom-secret, --wecom-token, --wecom-aes-key and --wecom-open-kfid belong together")
	}
	if missing {
		return nil
	}
	_, err := c.envelope()
	return err
}

func (c wecomConfig) envelope() (*weixin.Envelope, error) {
	keys := []string{c.AESKey}
	if c.AESKeyPrevious != "" {
		keys = append(keys, c.AESKeyPrevious)
	}
	return weixin.NewEnvelope(weixin.Envelope{Platform: weixin.WeCom, Token: c.Token, AppID: c.CorpID, Keys: keys})
}

func (c wecomConfig) account(id bot.InstitutionID) (wecom.Account, error) {
	client, err := weixin.Register(weixin.Account{Platform: weixin.WeCom, ID: c.CorpID, Secret: bot.T(c.Secret), BaseURL: c.API})
	if err != nil {
		return wecom.Account{}, err
	}
	return wecom.Account{Institution: id, OpenKFID: c.OpenKFID, Client: client}, nil
}

type wecomCmd struct {
	Check wecomCheckCmd `cmd:"" help:"See whether the settings are right: ask WeCom for a token and the account."`
}

type wecomCheckCmd struct{}

// Run checks the settings against WeCom itself; the database is not needed.
func (wecomCheckCmd) Run(ctx context.Context, io stdio, g *global) error {
	c := g.WeCom
	if !c.wanted() {
		return bot.Errorf(bot.KindInvalid, "--wecom-corp-id and what belongs to it is missing.", "wecom: not configured")
	}
	if err := c.Validate(); err != nil {
		return err
	}
	fmt.Fprintln(io.out, "ok    callback     Token and EncodingAESKey have the right form; WeCom compares them when the URL is saved in 接收事件服务器")
	account, err := c.account("")
	if err != nil {
		return err
	}
	name, token, err := wecom.Check(ctx, account)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "ok    token        valid for %s\n", token.Round(time.Minute))
	fmt.Fprintf(io.out, "ok    account      %s (%s) is managed by interface\n", name, account.OpenKFID)
	return nil
}

// wecomChannel is WeCom as it is served: what sends, what is called, what reads.
type wecomChannel struct {
	institution bot.InstitutionID
	adapter     *wecom.Adapter
	callback    *wecom.Callback
	pullers     *wecom.Pullers
}

// channel wires WeCom to an institution's store.
func (c wecomConfig) channel(a *app, id bot.InstitutionID, log *slog.Logger) (*wecomChannel, error) {
	envelope, err := c.envelope()
	if err != nil {
		return nil, err
	}
	account, err := c.account(id)
	if err != nil {
		return nil, err
	}
	desk := wecomDesk{a, id}
	adapter, err := wecom.New(wecom.Config{Account: account, Elsewhere: desk.elsewhere, Now: utcNow})
	if err != nil {
		return nil, err
	}
	pullers := wecom.NewPullers(&wecom.Puller{
		Adapter: adapter, Receive: desk.receive, Cursor: desk.cursor, SaveCursor: desk.saveCursor, Failed: desk.failed, Replied: desk.replied, Log: log,
	})
	return &wecomChannel{id, adapter, wecom.NewCallback(envelope, pullers.Wake, utcNow, log), pullers}, nil
}

// routes adds the callback.
func (c *wecomChannel) routes(mux *http.ServeMux) {
	if c != nil {
		mux.Handle("/wecom/"+string(c.institution), c.callback)
	}
}

func utcNow() time.Time { return time.Now().UTC() }
