package wechat

import (
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/bot"
)

// passiveBytes is the largest text of a passive answer, in bytes of UTF-8.
const passiveBytes = 2048

// answer acknowledges a delivery: with a text the patient must read at once, else
// with the word that shows nothing.
func (h *Webhook) answer(w http.ResponseWriter, d delivery, texts []bot.Text, now time.Time) {
	text := joined(texts)
	if text == "" {
		write(w, "text/plain; charset=utf-8", []byte(success))
		return
	}
	sealed, err := h.passive(d, text, now)
	if err != nil { // it stands in the outbox too
		h.fail(endUnsealed)
		write(w, "text/plain; charset=utf-8", []byte(success))
		return
	}
	write(w, "application/xml; charset=utf-8", sealed)
}

// passive is a text in answer to a delivery (被动回复用户消息), sealed.
func (h *Webhook) passive(d delivery, text string, now time.Time) ([]byte, error) {
	reply := message.NewText(text)
	reply.SetToUserName(message.CDATA(d.FromUserName))
	reply.SetFromUserName(message.CDATA(d.ToUserName))
	reply.SetCreateTime(now.Unix())
	reply.SetMsgType(message.MsgTypeText)
	plain, err := xml.Marshal(reply)
	if err != nil {
		return nil, err
	}
	return h.Envelope.Seal(plain, now)
}

// joined are the texts that fit into one message together.
func joined(texts []bot.Text) string {
	all := ""
	for _, t := range texts {
		more := strings.TrimPrefix(all+"\n\n"+t.Plain(), "\n\n")
		if len(more) > passiveBytes {
			break
		}
		all = more
	}
	return all
}
