package wecom

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/silenceper/wechat/v2/work/kf/syncmsg"

	"careline/bot"
)

// Who sent an item (document 31078).
const (
	fromPatient  = "3"
	fromServicer = "5" // in the WeCom app
)

// item is one entry of a page: who sent what kind of thing, and the bytes it was
// sent as. Numbers may come as text.
type item struct {
	MsgID    string      `json:"msgid"`
	External string      `json:"external_userid"` // empty in events, where it stands inside
	MsgType  string      `json:"msgtype"`
	SendTime json.Number `json:"send_time"` // seconds
	Origin   json.Number `json:"origin"`
	raw      json.RawMessage
}

func readItem(raw json.RawMessage) (it item, err error) {
	err = json.Unmarshal(raw, &it)
	it.raw = raw
	return it, err
}

func (it item) at() time.Time {
	seconds, _ := it.SendTime.Int64()
	return time.Unix(seconds, 0).UTC()
}

// inbound is a patient's message in the vocabulary. A kind we do not know, or one
// whose content is not as documented, is MessageOther: it is answered, not lost.
func (a Account) inbound(it item) bot.Inbound {
	in := bot.Inbound{
		Institution: a.Institution, Channel: Name, ExternalID: bot.T(it.External), ProviderID: it.MsgID,
		Opens: bot.OpenedByWriting, SentAt: it.at(),
	}
	kind, text, media := content(it)
	text = clean(text)
	if kind == bot.MessageText && strings.TrimSpace(text) == "" {
		kind = bot.MessageOther
	}
	in.Kind, in.Text, in.Media = kind, bot.T(text), media
	return in
}

// content reads what the kinds we understand hold.
func content(it item) (kind, text, media string) {
	switch it.MsgType {
	case "text":
		if m, ok := read[syncmsg.Text](it); ok && m.Text.MenuID != "" {
			return bot.MessageMenu, m.Text.Content, ""
		} else if ok {
			return bot.MessageText, m.Text.Content, ""
		}
	case "image":
		if m, ok := read[syncmsg.Image](it); ok {
			return bot.MessageImage, "", m.Image.MediaID
		}
	case "voice":
		if m, ok := read[syncmsg.Voice](it); ok {
			return bot.MessageVoice, "", m.Voice.MediaID
		}
	case "video":
		if m, ok := read[syncmsg.Video](it); ok {
			return bot.MessageVideo, "", m.Video.MediaID
		}
	case "location":
		if m, ok := read[syncmsg.Location](it); ok {
			return bot.MessageLocation, lines(m.Location.Name, m.Location.Address), ""
		}
	case "link":
		if m, ok := read[syncmsg.Link](it); ok {
			return bot.MessageLink, lines(m.Link.Title, m.Link.Desc), ""
		}
	}
	return bot.MessageOther, "", ""
}

func read[T any](it item) (m T, ok bool) {
	return m, json.Unmarshal(it.raw, &m) == nil
}

func lines(first, second string) string { return strings.TrimSpace(first + "\n" + second) }

// clean drops what no text holds: bytes that are not UTF-8 and control characters,
// which the database would refuse.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}
