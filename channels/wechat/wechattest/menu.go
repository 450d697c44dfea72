package wechattest

type menu struct{}
