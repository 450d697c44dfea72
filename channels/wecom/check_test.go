package wecom_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/channels/wecom"
	"careline/channels/wecom/wecomtest"
)

func TestACheckFindsTheAccountOrSaysWhatToSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(a account, w *wecom.Account)
		says  string // "": all is well
	}{
		"all is well":                        {func(account, *wecom.Account) {}, ""},
		"the secret is wrong":                {func(a account, _ *wecom.Account) { a.Fail("gettoken", wecomtest.Fault{Code: 40001}) }, "Secret"},
		"the CorpID is wrong":                {func(a account, _ *wecom.Account) { a.Fail("gettoken", wecomtest.Fault{Code: 40013}) }, "企业ID"},
		"our address is not trusted":         {func(a account, _ *wecom.Account) { a.Fail("kf/account/list", wecomtest.Fault{Code: 60020}) }, "企业可信IP"},
		"the application may not":            {func(a account, _ *wecom.Account) { a.Fail("kf/account/list", wecomtest.Fault{Code: 48002}) }, "可调用接口的应用"},
		"the open_kfid is another":           {func(_ account, w *wecom.Account) { w.OpenKFID = "wk-of-nobody" }, "通过API管理微信客服账号"},
		"a code we know nothing to do about": {func(a account, _ *wecom.Account) { a.Fail("kf/account/list", wecomtest.Fault{Code: 99999}) }, "99999"},
		"nobody answers": {func(a account, _ *wecom.Account) {
			a.Fail("gettoken", wecomtest.Fault{Lost: true}, wecomtest.Fault{Lost: true})
		}, "does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			w := a.adapter.Account
			c.spoil(a, &w)
			found, life, err := wecom.Check(t.Context(), w)
			if c.says == "" {
				if err != nil || found != wecomtest.Invented.Name || life <= time.Hour {
					t.Errorf("%q, %v, %v", found, life, err)
				}
				return
			}
			failed, ok := errors.AsType[*bot.Error](err)
			if !ok || !strings.Contains(failed.Person, c.says) || strings.Contains(err.Error()+failed.Person, wecomtest.Invented.Secret) {
				t.Errorf("%v; says %+v", err, failed)
			}
		})
	}
}
