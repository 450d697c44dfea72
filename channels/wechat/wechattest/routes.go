package wechattest

import "net/http"

// The paths of the API that tests count and break.
const (
	PathToken     = "/cgi-bin/stable_token"
	PathSend      = "/cgi-bin/message/custom/send"
	PathTyping    = "/cgi-bin/message/custom/typing"
	PathTemplate  = "/cgi-bin/message/template/send"
	PathSubscribe = "/cgi-bin/message/subscribe/bizsend"
	PathQR        = "/cgi-bin/qrcode/create"
	PathMedia     = "/cgi-bin/media/get"
	PathUser      = "/cgi-bin/user/info"
	PathOAuth     = "/sns/oauth2/access_token"
)

func (p *Platform) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	post := func(path string, do endpoint) { mux.Handle(path, p.api(http.MethodPost, path, path == PathToken, do)) }
	post(PathToken, p.stableToken)
	post(PathSend, p.customSend)
	post(PathTyping, p.typing)
	return mux, nil
}
