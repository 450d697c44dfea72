package wechat

import (
	"context"
	"net/url"

	"careline/bot"
)

// authorizePage is where WeChat asks a page's visitor who they are.
const authorizePage = "https://open.weixin.qq.com"

// AuthorizeURL is where a page of ours, opened in WeChat, sends its visitor to
// learn their openid; they come back to redirect with state and a code. WeChat
// wants the parameters in this order, which is the alphabet's.
func (a *Adapter) AuthorizeURL(state, redirect string) string {
	query := url.Values{
		"appid": {a.Client.ID()}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"snsapi_base"}, "state": {state},
	}
	host := authorizePage
	if a.Client.Local() {
		host = a.Client.Base()
	}
	return host + "/connect/oauth2/authorize?" + query.Encode() + "#wechat_redirect"
}

// OpenID is who brought back a code, which serves once, within five minutes. Its
// error is of kind forbidden for a code that does not serve, and for a visitor of
// WeChat's page preview, whose openid is invented.
func (a *Adapter) OpenID(ctx context.Context, code string) (bot.Text, error) {
	query := url.Values{"appid": {a.Client.ID()}, "secret": {a.Client.SecretPlaceholder()}, "code": {code}, "grant_type": {"authorization_code"}}
	var answer struct {
		OpenID   string `json:"openid"`
		Snapshot int    `json:"is_snapshotuser"`
	}
	if err := a.Client.Get(ctx, "/sns/oauth2/access_token", query, &answer); err != nil {
		return bot.Text{}, bot.Errorf(bot.KindForbidden, "WeChat did not say who you are. Please open the page again from the chat.", "wechat: authorization: %w", err)
	}
	if answer.OpenID == "" || answer.Snapshot == 1 {
		return bot.Text{}, bot.Errorf(bot.KindForbidden, "Please open the whole page in WeChat first, then try again.", "wechat: authorization of a page preview")
	}
	return bot.T(answer.OpenID), nil
}
