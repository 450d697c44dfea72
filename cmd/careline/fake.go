package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"careline/bot"
	"careline/channels/wechat/wechattest"
)

// phoneAddress is where the phone of a demonstration is served, if it is free.
const phoneAddress = "localhost:8081"

// playWeChat starts a platform that plays WeChat on this machine. It returns the
// settings with which we are its official account, and where its phone is. Loopback
// only: whoever reaches its page is every patient.
func (c serveCmd) playWeChat(ctx context.Context, w wechatConfig, inst bot.Institution, service string) (played wechatConfig, phone string, err error) {
	if !loopback(c.Addr) {
		return w, "", bot.Errorf(bot.KindForbidden, "The platform that plays WeChat is for this machine; listen on localhost, or configure a real account.", "serve on %s with a fake platform", c.Addr)
	}
	config := wechattest.Config{Address: phoneAddress, Callback: service + "/wechat/" + string(inst.ID), Name: inst.Name}
	platform, err := wechattest.Start(config)
	if errors.Is(err, syscall.EADDRINUSE) {
		config.Address = ""
		platform, err = wechattest.Start(config)
	}
	if err != nil {
		return w, "", fmt.Errorf("the platform that plays WeChat: %w", err)
	}
	context.AfterFunc(ctx, platform.Close)
	w.AppID, w.Secret, w.Token, w.AESKey, w.API = platform.AppID, platform.Secret, platform.Token, platform.AESKey, platform.URL
	if w.TemplateID == "" {
		w.TemplateID, w.TemplateFields = "report-ready", map[string]string{"thing1": "institution", "time2": "time"}
	}
	return w, platform.URL, nil
}
