package wechattest

type oauthCode struct{}
