package wecom_test

import (
	"net/http"
	"testing"

	"careline/channels/wecom/wecomtest"
	"careline/channels/weixin"
	"careline/channels/weixin/weixintest"
)

// TestACallbackThatIsNotMadeWithOurCryptoIsUnderstood takes deliveries from
// @wecom/crypto, which encrypts and signs as the platform does.
func TestACallbackThatIsNotMadeWithOurCryptoIsUnderstood(t *testing.T) {
	t.Parallel()
	p := wecomtest.New(wecomtest.Invented, noon)
	peer := weixintest.StartPeer(t, "../weixin/testdata/peers", weixintest.WeComPeer,
		weixintest.Account{Platform: weixin.WeCom, Token: p.Account.Token, AppID: p.Account.CorpID, Key: p.Account.AESKey})
	h := newHook(t, p)
	d := peer.Deliver("<xml><MsgType>event</MsgType><Event>kf_msg_or_event</Event><Token>pull-7</Token><OpenKfId>"+p.Account.OpenKFID+"</OpenKfId></xml>", noon)
	if status, body := h.serve(d.Request("/wecom/hospital")); status != http.StatusOK || body != "success" || len(h.woken) != 1 || h.woken[0] != p.Account.OpenKFID+" pull-7" {
		t.Errorf("answered %d %q, woke %q", status, body, h.woken)
	}
}
