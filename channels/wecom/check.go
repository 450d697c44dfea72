package wecom

import (
	"context"
	"fmt"
	"time"

	"careline/bot"
)

// remedies say what to do in WeCom's console (work.weixin.qq.com) about a code.
var remedies = map[int]string{
	40001:           "The secret is wrong. Copy it from 应用管理 → 自建 → the application → Secret.",
	40013:           "The CorpID is wrong. Copy it from 我的企业 → 企业信息 → 企业ID.",
	48002:           "The application may not use customer service. Add it in 微信客服 → API → 可调用接口的应用.",
	60020:           "This machine's address is not trusted. Add it in 应用管理 → 自建 → the application → 企业可信IP.",
	codeNoAccount:   "The open_kfid is wrong, or the application may not manage this account. See 微信客服 → API → 通过API管理微信客服账号.",
	95011:           "Customer service is answered in WeCom itself. Let the account be managed in 微信客服 → API → 通过API管理微信客服账号.",
	95012:           "Customer service is not in use. Begin in 应用管理 → 微信客服.",
	codeSwitchedOff: "The interfaces of customer service are switched off. Switch them on in 微信客服 → API.",
}

// Check asks the platform whether the account can be read and written to. It
// returns the account's name and how long the access token lives; the sentence of
// its error says what to set in WeCom's console.
func Check(ctx context.Context, a Account) (name string, token time.Duration, err error) {
	if token, err = a.Client.TokenLife(ctx); err != nil {
		return "", 0, checkError(err)
	}
	var answer struct {
		Accounts []struct {
			OpenKFID string `json:"open_kfid"`
			Name     string `json:"name"`
			Managed  *bool  `json:"manage_privilege"` // absent where the platform does not say
		} `json:"account_list"`
	}
	if err := a.Client.Post(ctx, "/cgi-bin/kf/account/list", struct{}{}, &answer); err != nil {
		return "", 0, checkError(err)
	}
	for _, one := range answer.Accounts {
		if one.OpenKFID == a.OpenKFID && (one.Managed == nil || *one.Managed) {
			return one.Name, token, nil
		}
	}
	return "", 0, bot.Errorf(bot.KindInvalid, remedies[codeNoAccount], "wecom: open_kfid is not among %d accounts, or is not managed by interface", len(answer.Accounts))
}

func checkError(err error) error {
	if remedy, ok := remedies[codeOf(err)]; ok {
		return bot.Errorf(bot.KindInvalid, remedy, "wecom: check: %w", err)
	}
	if code := codeOf(err); code != 0 {
		return bot.Errorf(bot.KindUnavailable, fmt.Sprintf("WeCom refused with the code %d; https://open.work.weixin.qq.com/devtool/query?e=%d says what it means.", code, code), "wecom: check: %w", err)
	}
	return bot.Errorf(bot.KindUnavailable, "WeCom does not answer. Is this machine connected to the internet, and --wecom-api right?", "wecom: check: %w", err)
}
