package main

import (
	"context"
	"log/slog"
	"net"

	"careline/bot"
	"careline/bot/jobs"
)

// openChannels wires the channels beside the web page. phone is where a platform
// that plays WeChat shows its phone, "" without one.
func (c serveCmd) openChannels(ctx context.Context, g *global, a *app, l net.Listener, log *slog.Logger) (phone string, err error) {
	a.public = c.PublicURL
	settings := g.WeChat
	if settings.configured() {
		inst, err := a.institution(ctx, g)
		if err != nil {
			return "", err
		}
		if settings.API == fakePlatform {
			if l == nil {
				return "", bot.Errorf(bot.KindInvalid, "The platform that plays WeChat needs --role all or web.", "serve: a fake platform without pages")
			}
			a.public = c.address(l)
			played, platform, err := c.playWeChat(ctx, settings, inst.ID, a.public)
			if err != nil {
				return "", err
			}
			settings, phone = played, platform.URL
		}
		if a.official, err = a.openOfficial(settings, inst.ID, a.public, log); err != nil {
			return "", err
		}
		a.adapters = append(a.adapters, a.official.adapter)
	}
	if g.WeCom.wanted() {
		inst, err := a.institution(ctx, g)
		if err != nil {
			return "", err
		}
		if a.wecom, err = g.WeCom.channel(a, inst.ID, log); err != nil {
			return "", err
		}
		a.adapters = append(a.adapters, a.wecom.adapter)
	}
	a.store.Channels = jobs.ChannelRules(a.adapters)
	return phone, nil
}
