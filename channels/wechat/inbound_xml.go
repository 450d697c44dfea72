package wechat

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
)

// delivery is a message or an event as the platform writes it (接收普通消息,
// 接收事件推送). All fields are text: a number that is none must not cost a
// patient's message.
type delivery struct {
	ToUserName   field
	FromUserName field
	CreateTime   field
	MsgType      field
	MsgID        field `xml:"MsgId"`
	Content      field
	MenuChoice   field `xml:"bizmsgmenuid"` // a choice of our own msgmenu was tapped
	MediaID      field `xml:"MediaId"`
	Label        field
	Title        field
	Description  field
	Event        field
	EventKey     field

	// How a template message or a subscription notice fared.
	NoticeID   field          `xml:"MsgID"`
	Status     field          `xml:"Status"`
	Subscribed []noticeResult `xml:"SubscribeMsgSentEvent>List"`
}

// noticeResult is how one notice fared.
type noticeResult struct {
	NoticeID field `xml:"MsgID"`
	Status   field `xml:"ErrorStatus"`
}

// field is the first element of its name. The sender stands before the words in a
// delivery, so words that look like elements cannot become the sender.
type field string

func (f *field) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	var text string
	if err := d.DecodeElement(&text, &start); err != nil {
		return err
	}
	if *f == "" {
		*f = field(text)
	}
	return nil
}

// errUnreadable is a delivery without a sender or a kind. It quotes nothing of it.
var errUnreadable = errors.New("wechat: a delivery that cannot be read")

// parse reads a decrypted delivery, mended when it is not quite XML.
func parse(plain []byte) (delivery, error) {
	d, err := decode(plain)
	if err != nil {
		d, err = decode(mended(plain))
	}
	if err != nil || d.FromUserName == "" || d.MsgType == "" {
		return delivery{}, errUnreadable
	}
	return d, nil
}

func decode(plain []byte) (d delivery, err error) {
	decoder := xml.NewDecoder(bytes.NewReader(plain))
	decoder.Strict = false
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // always UTF-8, whatever it says
	err = decoder.Decode(&d)
	return d, err
}

// section is the text of an element: it ends where the element ends, not at the
// first "]]>" a patient wrote.
var section = regexp.MustCompile(`(?s)<!\[CDATA\[(.*?)\]\]>(\s*</)`)

// mended takes out what XML forbids and people send: control characters, broken
// UTF-8, and the end mark of a section within it.
func mended(plain []byte) []byte {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(plain), "\ufffd"))
	return section.ReplaceAllFunc([]byte(clean), func(all []byte) []byte {
		part := section.FindSubmatch(all)
		text := bytes.ReplaceAll(part[1], []byte("]]]]><![CDATA[>"), []byte("]]>"))
		var out bytes.Buffer
		_ = xml.EscapeText(&out, text) // a buffer takes everything
		out.Write(part[2])
		return out.Bytes()
	})
}
