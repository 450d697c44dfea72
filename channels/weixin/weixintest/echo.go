package weixintest

import (
	"net/http"

	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/officialaccount/server"
)

// Echo is the SDK's own handler of an official account, answering each text with
// itself: what benchmarks compare with. It is never served to anybody else.
func Echo(a Account) http.Handler {
	settings := &context.Context{Config: &config.Config{AppID: a.AppID, Token: a.Token, EncodingAESKey: a.Key}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := server.NewServer(settings)
		s.Request, s.Writer = r, w
		s.SetMessageHandler(func(m *message.MixMessage) *message.Reply {
			return &message.Reply{MsgType: message.MsgTypeText, MsgData: message.NewText(string(m.Content))}
		})
		err := s.Serve()
		if err == nil {
			err = s.Send()
		}
		if err != nil {
			http.Error(w, "the SDK refused", http.StatusForbidden)
		}
	})
}
