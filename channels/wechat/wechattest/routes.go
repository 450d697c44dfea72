package wechattest

import "net/http"

// The paths of the API that tests count and break.
const (
	PathToken      = "/cgi-bin/stable_token"
	PathSend       = "/cgi-bin/message/custom/send"
	PathTyping     = "/cgi-bin/message/custom/typing"
	PathTemplate   = "/cgi-bin/message/template/send"
	PathSubscribe  = "/cgi-bin/message/subscribe/bizsend"
	PathQR         = "/cgi-bin/qrcode/create"
	PathMenuCreate = "/cgi-bin/menu/create"
	PathMenuGet    = "/cgi-bin/menu/get"
	PathMenuDelete = "/cgi-bin/menu/delete"
	PathMedia      = "/cgi-bin/media/get"
	PathUser       = "/cgi-bin/user/info"
	PathAuthorize  = "/connect/oauth2/authorize"
	PathOAuth      = "/sns/oauth2/access_token"
)

func (p *Platform) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	for path, do := range map[string]endpoint{
		PathToken: p.stableToken, PathSend: p.customSend, PathTyping: p.typing, PathTemplate: p.templateSend,
		PathSubscribe: p.subscribeSend, PathQR: p.qrCreate, PathMenuCreate: p.menuCreate,
	} {
		mux.Handle(path, p.api(http.MethodPost, path, path == PathToken, do))
	}
	for path, do := range map[string]endpoint{
		PathMenuGet: p.menuGet, PathMenuDelete: p.menuDelete, PathMedia: p.mediaGet, PathUser: p.userInfo, PathOAuth: p.oauthToken,
		"/cgi-bin/get_api_domain_ip": p.addresses, "/cgi-bin/getcallbackip": p.addresses,
	} {
		mux.Handle(path, p.api(http.MethodGet, path, path == PathOAuth, do))
	}
	mux.HandleFunc("/cgi-bin/", p.unknown)
	mux.HandleFunc("GET "+PathAuthorize, p.authorize)
	mux.HandleFunc("GET /cgi-bin/showqrcode", p.showQR)
	mux.HandleFunc("GET "+pathContent+"{id}", p.content)
	mux.HandleFunc("POST "+PathTranscribe, transcribe)
	page, err := newPhone(p)
	if err != nil {
		return nil, err
	}
	mux.Handle("/", page)
	return mux, nil
}

// unknown answers calls this platform does not have, such as the one that clears
// the quotas. They are counted like the others.
func (p *Platform) unknown(w http.ResponseWriter, r *http.Request) {
	p.begin(r.URL.Path)
	p.note(r.URL.Path, codeNoPermission, false)
	write(w, Fault{}, nil, codeNoPermission)
}
