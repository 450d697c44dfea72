package main

import (
	"errors"
	"strings"

	"careline/bot"
	"careline/channels/wechat"
	"careline/channels/weixin"
)

// wechatConfig is the official account patients write to. The settings are named
// as in WeChat's console; "fake" as the address of the API starts a platform that
// plays WeChat on this machine.
type wechatConfig struct {
	AppID          string            `help:"AppID (开发者ID) of the official account; empty: no WeChat." env:"CARELINE_WECHAT_APP_ID" name:"app-id"`
	Secret         string            `help:"AppSecret (开发者密码) of the official account." env:"CARELINE_WECHAT_SECRET" name:"secret"`
	Token          string            `help:"Token (令牌) of the account's server configuration." env:"CARELINE_WECHAT_TOKEN" name:"token"`
	AESKey         string            `help:"EncodingAESKey (消息加解密密钥) of the account's server configuration." env:"CARELINE_WECHAT_AES_KEY" name:"aes-key"`
	AESKeyPrevious string            `help:"The EncodingAESKey before it, while WeChat changes over." env:"CARELINE_WECHAT_AES_KEY_PREVIOUS" name:"aes-key-previous"`
	API            string            `help:"Address of WeChat's API; \"fake\": a platform on this machine that plays it." env:"CARELINE_WECHAT_API" name:"api"`
	TemplateID     string            `help:"Template message with which patients hear of a new report." env:"CARELINE_WECHAT_TEMPLATE_ID" name:"template-id"`
	SubscribeID    string            `help:"Subscription notice with which patients hear of a new report, where there is no template message." env:"CARELINE_WECHAT_SUBSCRIBE_TEMPLATE_ID" name:"subscribe-template-id"`
	TemplateFields map[string]string `help:"The template's fields and what they say: institution, date, time or what." env:"CARELINE_WECHAT_TEMPLATE_FIELDS" name:"template-fields" mapsep:"," placeholder:"thing1=institution,time2=time"`
	AIFlag         bool              `help:"Also set WeChat's own mark of AI messages." env:"CARELINE_WECHAT_AI_FLAG" name:"ai-flag"`
	Choices        bool              `help:"Offer choices to tap below an answer." env:"CARELINE_WECHAT_CHOICES" name:"choices" default:"true" negatable:""`
}

// fakePlatform is the address of the API that stands for a platform we start.
const fakePlatform = "fake"

func (c wechatConfig) configured() bool { return c.AppID != "" || c.API == fakePlatform }

// Validate refuses an account that is named in part.
func (c wechatConfig) Validate() error {
	if c.API == fakePlatform {
		return nil
	}
	given := 0
	for _, s := range []string{c.AppID, c.Secret, c.Token, c.AESKey} {
		if s != "" {
			given++
		}
	}
	if given != 0 && given != 4 {
		return errors.New("--wechat-app-id, --wechat-secret, --wechat-token and --wechat-aes-key belong together; all four stand in WeChat's console (设置与开发 → 开发接口管理 → 基本配置)")
	}
	return nil
}

func (c wechatConfig) client() (*weixin.Client, error) {
	return weixin.Register(weixin.Account{Platform: weixin.OfficialAccount, ID: c.AppID, Secret: bot.T(c.Secret), BaseURL: c.API})
}

func (c wechatConfig) envelope() (*weixin.Envelope, error) {
	keys := []string{c.AESKey}
	if c.AESKeyPrevious != "" {
		keys = append(keys, c.AESKeyPrevious)
	}
	return weixin.NewEnvelope(weixin.Envelope{Platform: weixin.OfficialAccount, Token: c.Token, AppID: c.AppID, Keys: keys})
}

// adapter is the account's sending side; fullURL is where a whole answer is read.
func (c wechatConfig) adapter(fullURL func(bot.Outbound) string) (*wechat.Adapter, error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	return wechat.New(wechat.Config{
		Client: client, AIFlag: c.AIFlag, Choices: c.Choices, FullURL: fullURL,
		Notice: wechat.Notice{TemplateID: c.TemplateID, SubscribeID: c.SubscribeID, Fields: c.TemplateFields},
	})
}

// publicAddress is the address without a slash at its end.
func publicAddress(address string) string { return strings.TrimSuffix(address, "/") }
