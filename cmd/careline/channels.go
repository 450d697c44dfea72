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
	settings, voice := g.WeChat, g.Model
	for _, err := range []error{settings.Validate(), g.WeCom.Validate()} {
		if err != nil {
			return "", bot.Errorf(bot.KindInvalid, err.Error(), "serve: %w", err)
		}
	}
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
			played, platform, err := c.playWeChat(ctx, settings, inst, a.public)
			if err != nil {
				return "", err
			}
			settings, phone = played, platform.URL
			if voice.TranscribeURL == "" {
				voice.TranscribeURL, voice.TranscribeName = platform.URL+"/v1", fakePlatform
			}
		}
		if a.official, err = a.openOfficial(settings, inst.ID, a.public, log); err != nil {
			return "", err
		}
		if phone != "" {
			if err := a.official.adapter.CreateMenu(ctx); err != nil {
				return "", fmt.Errorf("menu of the played account: %w", err)
			}
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
	return phone, a.openMedia(voice)
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
