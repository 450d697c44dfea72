package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"careline/bot"
)

// unsupported is what the platform writes as a text in place of a sticker, a card
// or another kind it does not hand on.
const unsupported = "【收到不支持的消息类型，暂无法显示】"

// inbound is the delivery in the vocabulary's words; false when there is nothing
// to take in. Menu holds the words of our buttons by their key.
func (d delivery) inbound(menu map[string]string) (bot.Inbound, bool) {
	in := bot.Inbound{
		Channel: channelName, ExternalID: bot.T(string(d.FromUserName)), ProviderID: d.id(),
		Kind: bot.MessageOther, Opens: bot.OpenedByWriting, SentAt: d.sentAt(),
	}
	switch d.MsgType {
	case "text":
		d.text(&in)
	case "image":
		in.Kind, in.Media = bot.MessageImage, string(d.MediaID)
	case "voice":
		in.Kind, in.Media = bot.MessageVoice, string(d.MediaID)
	case "video", "shortvideo":
		in.Kind, in.Media = bot.MessageVideo, string(d.MediaID)
	case "location":
		in.Kind, in.Text = bot.MessageLocation, bot.T(string(d.Label))
	case "link":
		in.Kind, in.Text = bot.MessageLink, bot.T(strings.TrimSpace(string(d.Title+"\n"+d.Description)))
	case "event":
		return in, d.event(&in, menu)
	}
	return in, true
}

// text is what was written, or the choice of a menu that was tapped.
func (d delivery) text(in *bot.Inbound) {
	if d.Content == unsupported {
		return
	}
	in.Kind, in.Text = bot.MessageText, bot.T(string(d.Content))
	if d.MenuChoice != "" {
		in.Opens = bot.OpenedByTapping
	}
}

// event fills in what happened without words; false for what needs no answer: a
// page of the menu opened (VIEW), a position reported, and all that is new.
func (d delivery) event(in *bot.Inbound, menu map[string]string) bool {
	in.Opens = bot.OpenedByTapping
	switch strings.ToLower(string(d.Event)) {
	case "subscribe":
		in.Kind = bot.MessageFollow
		if scene, scanned := strings.CutPrefix(string(d.EventKey), "qrscene_"); scanned {
			in.Scene = bot.T(scene)
		}
	case "scan":
		in.Kind, in.Scene = bot.MessageScan, bot.T(string(d.EventKey))
	case "click":
		words, ours := menu[string(d.EventKey)]
		if !ours { // a menu of before is still on somebody's phone
			words = string(d.EventKey)
		}
		in.Kind, in.Text = bot.MessageMenu, bot.T(words)
	case "unsubscribe":
		in.Kind, in.Opens = bot.MessageUnfollow, ""
	default:
		return false
	}
	return true
}

// notices are the results of notices that the delivery tells, by their id.
func (d delivery) notices() []noticeResult {
	if d.MsgType != "event" {
		return nil
	}
	if strings.EqualFold(string(d.Event), "TEMPLATESENDJOBFINISH") {
		return []noticeResult{{d.NoticeID, d.Status}}
	}
	return d.Subscribed
}

// id is the same for every delivery of one message: the number the platform gave
// it. What has none, as events, is told apart by all that stands in it; the hash
// shows none of that.
func (d delivery) id() string {
	if _, err := strconv.ParseUint(string(d.MsgID), 10, 64); err == nil {
		return string(d.MsgID)
	}
	hash := sha256.New()
	for _, f := range []field{d.FromUserName, d.CreateTime, d.MsgType, d.Event, d.EventKey, d.Content, d.MediaID, d.Label, d.Title, d.Description} {
		hash.Write([]byte(strconv.Quote(string(f))))
	}
	return "h-" + hex.EncodeToString(hash.Sum(nil)[:16])
}

// sentAt is zero when the platform's time cannot be read.
func (d delivery) sentAt() time.Time {
	seconds, err := strconv.ParseInt(string(d.CreateTime), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
