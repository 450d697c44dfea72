package weixin_test

import (
	"strings"
	"testing"

	"careline/channels/weixin/weixintest"
)

func TestPackagesThatAreNotOursOpenAndSealTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		peer    string
		account weixintest.Account
	}{
		{weixintest.OfficialAccountPeer, account},
		{weixintest.WeComPeer, corp},
	} {
		t.Run(c.peer, func(t *testing.T) {
			t.Parallel()
			peer := weixintest.StartPeer(t, "testdata/peers", c.peer, c.account)
			e := envelope(t, c.account)
			for _, text := range []string{
				"<xml><Content><![CDATA[转氨酶偏高]]></Content></xml>", "a", "👩‍⚕️ & <b>", strings.Repeat("长", 10_000),
			} {
				plain, err := e.Open(peer.Deliver(text, noon).Request("/"), noon)
				if err != nil || string(plain) != text {
					t.Errorf("a delivery of %d bytes opened as %d bytes: %v", len(text), len(plain), err)
				}
				sealed, err := e.Seal([]byte(text), noon)
				if err != nil {
					t.Fatal(err)
				}
				if opened := peer.Open(sealed); opened != text {
					t.Errorf("%s opens an answer of %d bytes as %d bytes", c.peer, len(text), len(opened))
				}
			}
		})
	}
}
