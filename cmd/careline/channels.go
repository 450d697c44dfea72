package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/reception"
	"careline/channels/wechat"
	"careline/channels/wecom"
)

// openChannels wires the channels beside the web page. phone is where a platform
// that plays WeChat shows its phone, "" without one.
func (c serveCmd) openChannels(ctx context.Context, g *global, a *app, l net.Listener, log *slog.Logger) (phone string, err error) {
	a.public = c.PublicURL
	for _, err := range []error{g.WeChat.Validate(), g.WeCom.Validate()} {
		if err != nil {
			return "", bot.Errorf(bot.KindInvalid, err.Error(), "serve: %w", err)
		}
	}
	voice := g.Model
	if g.WeChat.configured() {
		if phone, err = c.openWeChat(ctx, g, a, l, log); err != nil {
			return "", err
		}
		if phone != "" && voice.TranscribeURL == "" {
			voice.TranscribeURL, voice.TranscribeName = phone+"/v1", fakePlatform
		}
	}
	if g.WeCom.wanted() {
		inst, err := c.writtenTo(ctx, g, a)
		if err != nil {
			return "", err
		}
		if a.wecom, err = g.WeCom.channel(a, inst.ID, log); err != nil {
			return "", err
		}
		a.adapters = append(a.adapters, a.wecom.adapter)
	}
	a.store.Channels = jobs.ChannelRules(a.adapters)
	return phone, a.openMedia(voice)
}

// openWeChat wires the official account, one that is played here with its menu.
func (c serveCmd) openWeChat(ctx context.Context, g *global, a *app, l net.Listener, log *slog.Logger) (phone string, err error) {
	inst, err := c.writtenTo(ctx, g, a)
	if err != nil {
		return "", err
	}
	settings := g.WeChat
	if settings.API == fakePlatform {
		if l == nil {
			return "", bot.Errorf(bot.KindInvalid, "The platform that plays WeChat needs --role all or web.", "serve: a fake platform without pages")
		}
		a.public = c.address(l)
		if settings, phone, err = c.playWeChat(ctx, settings, inst, a.public); err != nil {
			return "", err
		}
	}
	if a.official, err = a.openOfficial(settings, inst.ID, a.public, log); err != nil {
		return "", err
	}
	a.adapters = append(a.adapters, a.official.adapter)
	if phone == "" {
		return "", nil
	}
	if err := a.official.adapter.CreateMenu(ctx); err != nil {
		return "", fmt.Errorf("menu of the played account: %w", err)
	}
	return phone, nil
}

// writtenTo is the institution the accounts belong to: in a demonstration, unless
// another is named, the demo's.
func (c serveCmd) writtenTo(ctx context.Context, g *global, a *app) (bot.Institution, error) {
	if c.Demo && g.Institution == "" {
		return a.store.Institution(ctx, demoID)
	}
	return a.institution(ctx, g)
}

// voiceWait is how long a turn waits for the words of a voice message.
const voiceWait = 10 * time.Second

// openMedia wires what fetches pictures and voice.
func (a *app) openMedia(voice modelConfig) error {
	transcriber, err := voice.transcriber()
	if err != nil {
		return err
	}
	a.media = &jobs.Media{Store: a.store, Outside: voice.leaves(voice.TranscribeURL), Heard: a.inbox.Heard}
	if transcriber != nil {
		a.media.Transcribe = transcriber.Transcribe
		a.store.Timing.VoiceWait = voiceWait
	}
	return nil
}

// reception is what is said in a chat before a message is a question.
func (a *app) reception() (*reception.Desk, error) {
	config := reception.Config{Store: a.store, Guard: a.guard, Next: a.engine, Channels: []string{wechat.Name, wecom.Name}}
	if a.external != nil {
		config.Model = &reception.ExternalModel{Name: a.external.Name, Country: a.external.Country}
	}
	return reception.New(config)
}
