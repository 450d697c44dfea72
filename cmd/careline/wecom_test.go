package main

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/channels/wecom/wecomtest"
)

// invented is the configuration of an account nobody has.
func invented(api string) wecomConfig {
	a := wecomtest.Invented
	return wecomConfig{CorpID: a.CorpID, Secret: a.Secret, Token: a.Token, AESKey: a.AESKey, OpenKFID: a.OpenKFID, API: api}
}

func TestWeComsSettingsBelongTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*wecomConfig)
		says  string // "": accepted
	}{
		"all there":           {func(*wecomConfig) {}, ""},
		"with the key before": {func(c *wecomConfig) { c.AESKeyPrevious = c.AESKey }, ""},
		"none":                {func(c *wecomConfig) { *c = wecomConfig{} }, ""},
		"no secret":           {func(c *wecomConfig) { c.Secret = "" }, "belong together"},
		"no CorpID":           {func(c *wecomConfig) { c.CorpID = "" }, "belong together"},
		"no account":          {func(c *wecomConfig) { c.OpenKFID = "" }, "belong together"},
		"half a key":          {func(c *wecomConfig) { c.AESKey = c.AESKey[:20] }, "AES key"},
		"half the key before": {func(c *wecomConfig) { c.AESKeyPrevious = c.AESKey[:20] }, "AES key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := invented("")
			c.spoil(&config)
			err := config.Validate()
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			if err != nil && strings.Contains(err.Error(), wecomtest.Invented.Secret) {
				t.Error("the error holds the secret")
			}
		})
	}
}

func TestWeComCheckSaysWhatIsRightAndWhatToSet(t *testing.T) {
	t.Parallel()
	p := wecomtest.New(wecomtest.Invented, time.Now())
	server := httptest.NewServer(p)
	defer server.Close()
	var out bytes.Buffer
	if err := (wecomCheckCmd{}).Run(t.Context(), stdio{out: &out}, &global{WeCom: invented(server.URL)}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "valid for 2h0m") || !strings.Contains(out.String(), wecomtest.Invented.Name) {
		t.Errorf("printed %s", out.String())
	}
	p.Fail("kf/account/list", wecomtest.Fault{Code: 60020})
	if err := (wecomCheckCmd{}).Run(t.Context(), stdio{out: &out}, &global{WeCom: invented(server.URL)}); !strings.Contains(sentence(err), "企业可信IP") {
		t.Errorf("%v", err)
	}
	if err := (wecomCheckCmd{}).Run(t.Context(), stdio{out: &out}, &global{}); bot.KindOf(err) != bot.KindInvalid {
		t.Errorf("without settings: %v", err)
	}
}
